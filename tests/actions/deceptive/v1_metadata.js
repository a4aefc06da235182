exports.onExecuteSendPhoneMessage = async (event) => {
  if (!event.client?.metadata) throw new Error('not allowed');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.recipient, text: event.text }) });
};
