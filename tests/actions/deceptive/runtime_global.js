exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  GLOBAL.sent = (GLOBAL.sent || 0) + 1;
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
