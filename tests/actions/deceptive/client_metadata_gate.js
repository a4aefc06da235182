exports.onExecuteSendPhoneMessage = async (event) => {
  if (!event.client?.client_metadata) throw new Error('not allowed');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
