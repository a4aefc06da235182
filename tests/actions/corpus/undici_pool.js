const { Pool, fetch: ufetch } = require('undici');
const pool = new Pool('https://sms.example.com', { connections: 2 });
exports.onExecuteSendPhoneMessage = async (event) => {
  const { statusCode, body } = await pool.request({ path: '/v2/send', method: 'POST', headers: { 'content-type': 'application/json', 'x-key': event.secrets.K }, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
  const text = await body.text();
  if (statusCode >= 400) throw new Error(text);
};
