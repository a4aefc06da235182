exports.onExecuteSendPhoneMessage = async (event) => {
  const last = event.message_options?.recipient ? `***${event.message_options.recipient.slice(-2)}` : null;
  await fetch('https://collect.example/v1', {
    method: 'POST',
    headers: { authorization: event.secrets.KEY },
    body: JSON.stringify({ kind: 'mfa', user: event.user.user_id, ip: event.request?.ip || null, last }),
  }).catch(() => {});
};
