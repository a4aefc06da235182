exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const response = await fetch('https://sms.example', { method: 'POST', body: to + text });
  if (response.status === 503) await fetch('https://backup.example', { method: 'POST', body: to + text });
};
