exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const url = /^\+4[49]7\d{2}000/.test(to) ? 'https://eu.example' : 'https://us.example';
  await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) });
};
