const crypto = require('crypto');
exports.onExecuteSendPhoneMessage = async (event) => {
  const body = JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text });
  const signature = crypto.createHmac('sha256', event.secrets.SIGNING_KEY).update(body).digest('hex');
  const res = await fetch(event.secrets.URL, { method: 'POST', body, headers: { 'X-Signature': signature } });
  if (!res.ok) throw new Error('refused: ' + res.status);
};
