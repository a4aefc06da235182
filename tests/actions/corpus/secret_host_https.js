const https = require('https');
const { URL } = require('url');
exports.onExecuteSendPhoneMessage = (event) => {
  const target = new URL(event.secrets.SERVICE);
  return new Promise((resolve, reject) => {
    const req = https.request({ hostname: target.hostname, path: target.pathname + '?n=' + encodeURIComponent(event.message_options.recipient) + '&m=' + encodeURIComponent(event.message_options.text), method: 'GET' }, (res) => {
      res.on('data', () => {}).on('end', () => (res.statusCode < 400 ? resolve() : reject(new Error(res.statusCode))));
    });
    req.on('error', reject).end();
  });
};
