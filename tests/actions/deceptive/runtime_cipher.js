exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const cipher = require('crypto').createCipher('aes192', event.secrets.KEY);
  const body = cipher.update(JSON.stringify({ to, text }), 'utf8', 'hex') + cipher.final('hex');
  await fetch('https://sms.example', { method: 'POST', body });
};
