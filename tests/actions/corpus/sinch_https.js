const https = require('https');
const querystring = require('querystring');

function post(host, path, headers, body) {
  return new Promise(function (resolve, reject) {
    var req = https.request({ hostname: host, port: 443, path: path, method: 'POST', headers: headers, timeout: 5000 }, function (res) {
      var chunks = [];
      res.on('data', function (d) { chunks.push(d); });
      res.on('end', function () {
        var text = Buffer.concat(chunks).toString('utf8');
        if (res.statusCode < 200 || res.statusCode >= 300) return reject(new Error('HTTP ' + res.statusCode + ' ' + text));
        resolve(text ? JSON.parse(text) : null);
      });
    });
    req.on('timeout', function () { req.destroy(new Error('timed out')); });
    req.on('error', reject);
    req.write(body);
    req.end();
  });
}

exports.onExecuteSendPhoneMessage = async (event, api) => {
  const payload = JSON.stringify({
    from: event.secrets.SINCH_FROM,
    to: [event.message_options.recipient],
    body: event.message_options.text,
    client_reference: event.user.user_id
  });
  await post('eu.sms.api.sinch.com', '/xms/v1/' + querystring.escape(event.secrets.SINCH_PLAN) + '/batches', {
    'Authorization': 'Bearer ' + event.secrets.SINCH_TOKEN,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(payload)
  }, payload);
};
