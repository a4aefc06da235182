exports.onExecuteSendPhoneMessage = async (event) => {
  const brand = event.request.hostname.split('.')[0];
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ brand, to: event.message_options.recipient, text: event.message_options.text }) });
};
