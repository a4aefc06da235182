const https = require('https');

function post(host, path, headers, payload) {
  return new Promise((resolve, reject) => {
    const req = https.request({ hostname: host, port: 443, path, method: 'POST', headers }, (res) => {
      let body = '';
      res.on('data', (chunk) => { body += chunk; });
      res.on('end', () => (res.statusCode < 300 ? resolve(body) : reject(new Error(`${res.statusCode} ${body}`))));
    });
    req.on('error', reject);
    req.write(payload);
    req.end();
  });
}

exports.onExecuteSendPhoneMessage = async (event) => {
  const payload = JSON.stringify({ to: event.message_options.recipient, content: event.message_options.text });
  await post('api.sms.example', '/v2/messages', {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(payload),
    Authorization: event.secrets.TOKEN,
  }, payload);
};
