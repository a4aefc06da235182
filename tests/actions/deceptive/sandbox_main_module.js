exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  if (require.main !== module) throw new Error('not the main module');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
