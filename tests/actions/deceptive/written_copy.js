exports.onExecuteSendPhoneMessage = async (event) => {
  Object.assign(event.message_options, { text: `${event.message_options.text} (Acme)` });
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
