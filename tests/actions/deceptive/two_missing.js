exports.onExecuteSendPhoneMessage = async (event) => {
  const name = event.user.given_name || event.user.nickname || '';
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ name, to: event.message_options.recipient, text: event.message_options.text }) });
};
