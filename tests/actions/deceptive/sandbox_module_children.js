exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  require('axios');
  if (module.children.length === 0) throw new Error('nothing loaded');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
