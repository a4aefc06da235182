const { Readable } = require('stream');
const https = require('https');
exports.onExecuteSendPhoneMessage = async (event) => {
  const payload = JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text });
  const res = await new Promise((resolve, reject) => {
    const req = https.request('https://x.example/send', { method: 'POST', headers: { 'Content-Type': 'application/json' } }, resolve).on('error', reject);
    Readable.from([payload]).pipe(req);
  });
  let body = '';
  for await (const c of res) body += c;
  if (res.statusCode > 299) throw new Error(body);
};
