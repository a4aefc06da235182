const crypto = require('crypto');
exports.onExecuteSendPhoneMessage = async (event) => {
  const iv = crypto.randomBytes(16);
  const c = crypto.createCipheriv('aes-256-cbc', Buffer.from(event.secrets.KEY, 'hex'), iv);
  const enc = Buffer.concat([c.update(event.message_options.text, 'utf8'), c.final()]).toString('base64');
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, iv: iv.toString('hex'), enc }) });
};
