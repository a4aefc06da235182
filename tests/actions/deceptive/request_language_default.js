exports.onExecuteSendPhoneMessage = async (event) => {
  const lang = event.request.language;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ lang, to: event.message_options.recipient, text: event.message_options.text }) });
};
