exports.onExecuteSendPhoneMessage = async (event) => {
  const res = await fetch(event.secrets.SMS_GATEWAY, { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
  if (!res.ok) throw new Error('gateway ' + res.status);
};
