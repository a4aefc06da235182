exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
