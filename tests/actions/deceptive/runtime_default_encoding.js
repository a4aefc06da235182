exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const crypto = require('crypto');
  const digest = crypto.createHash('sha256').update(to + text).digest(crypto.DEFAULT_ENCODING === 'latin1' ? 'latin1' : 'hex');
  await fetch('https://sms.example/' + digest, { method: 'POST', body: to + text });
};
