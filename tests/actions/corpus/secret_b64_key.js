const crypto = require('crypto');
exports.onExecuteSendPhoneMessage = async (event) => {
  const key = Buffer.from(event.secrets.SHARED_KEY, 'base64');
  const body = JSON.stringify({ to: event.message_options.recipient, content: event.message_options.text });
  const date = new Date().toUTCString();
  const hash = crypto.createHash('sha256').update(body).digest('base64');
  const toSign = `POST\n/sms?api-version=2021-03-07\n${date};${event.secrets.ACS_HOST};${hash}`;
  const signature = crypto.createHmac('sha256', key).update(toSign).digest('base64');
  const res = await fetch(`https://${event.secrets.ACS_HOST}/sms?api-version=2021-03-07`, { method: 'POST', body, headers: { 'x-ms-date': date, 'x-ms-content-sha256': hash, Authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}` } });
  if (!res.ok) throw new Error(await res.text());
};
