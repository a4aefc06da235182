exports.onExecuteSendPhoneMessage = async (event) => {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + event.secrets.TOKEN };
  const sms = fetch('https://sms.example.com/v1/messages', { method: 'POST', headers, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
  const audit = fetch('https://audit.example.com/v1/events', { method: 'POST', headers, body: JSON.stringify({ user: event.user.user_id, kind: event.message_options.action, ip: event.request.ip }) });
  const [first] = await Promise.allSettled([sms, audit]);
  if (first.status === 'rejected') throw first.reason;
  if (!first.value.ok) throw new Error('sms ' + first.value.status);
};
