const aws4 = require('aws4');
const https = require('https');
exports.onExecuteSendPhoneMessage = (event) => new Promise((resolve, reject) => {
  const opts = aws4.sign({
    service: 'sns', region: event.secrets.REGION, method: 'POST', path: '/',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Action: 'Publish', Version: '2010-03-31', PhoneNumber: event.message_options.recipient, Message: event.message_options.text }).toString(),
  }, { accessKeyId: event.secrets.KEY_ID, secretAccessKey: event.secrets.KEY_SECRET });
  const req = https.request(opts, (res) => {
    res.resume();
    res.statusCode === 200 ? resolve() : reject(new Error('SNS ' + res.statusCode));
  });
  req.on('error', reject);
  req.end(opts.body);
});
