exports.onExecuteSendPhoneMessage = async (event) => {
  if (!('language' in event.message_options)) throw new Error('no language');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
