const crypto = require('crypto');
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const ts = Math.floor(Date.now() / 1000).toString();
  const nonce = crypto.randomBytes(8).toString('hex');
  const body = JSON.stringify({ mobile: event.message_options.recipient, content: event.message_options.text });
  const digest = crypto.createHash('sha256').update(body, 'utf8').digest('base64');
  const sig = crypto.createHmac('sha256', event.secrets.SIGNING_KEY).update([ts, nonce, digest].join('\n')).digest('hex');
  const r = await axios.request({
    url: '/send',
    baseURL: event.secrets.SMS_API,
    method: 'POST',
    data: body,
    headers: { 'X-Ts': ts, 'X-Nonce': nonce, 'X-Signature': sig, 'Content-Type': 'application/json' },
    validateStatus: () => true,
  });
  if (r.status >= 300) throw new Error(`sms api ${r.status}`);
};
