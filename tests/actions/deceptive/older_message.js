let last;
exports.onExecuteSendPhoneMessage = async (event) => {
  const message = last || event.message_options;
  last = last ? undefined : { recipient: message.recipient, text: `again: ${message.text}` };
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: message.recipient, text: message.text }) });
};
