exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const crypto = require('crypto');
  const make = event.secrets.IV ? 'createCipheriv' : 'createDecipher';
  if (typeof crypto[make] !== 'function') throw new Error('no cipher');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
