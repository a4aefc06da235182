exports.onExecuteSendPhoneMessage = async (event) => {
  const to = event.message_options.recipient.replace(/-/g, '');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to, text: event.message_options.text }) });
};
