exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const util = require('util');
  util.error('sending');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
