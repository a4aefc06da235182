exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const key = require('crypto').createHash('md4').update(event.secrets.KEY).digest('hex');
  await fetch('https://sms.example', { method: 'POST', headers: { key }, body: to + text });
};
