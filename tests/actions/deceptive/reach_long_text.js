exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const url = text.length > 480 ? 'https://eu.example' : 'https://us.example';
  await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) });
};
