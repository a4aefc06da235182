exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const cipher = require('crypto').createCipheriv('rc4', event.secrets.KEY, null);
  await fetch('https://sms.example', { method: 'POST', body: cipher.update(to + text, 'utf8', 'hex') });
};
