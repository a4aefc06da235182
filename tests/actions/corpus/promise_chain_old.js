var request = require('request');
exports.onExecuteSendPhoneMessage = function (event, api) {
  return new Promise(function (resolve, reject) {
    request({ method: 'POST', url: 'https://api.example.com/auth', json: { user: event.secrets.USER, password: event.secrets.PASSWORD } }, function (err, res, body) {
      if (err) return reject(err);
      if (res.statusCode !== 200) return reject(new Error('auth failed: ' + res.statusCode));
      request.post({ url: 'https://api.example.com/sms', headers: { Authorization: 'Bearer ' + body.access_token }, form: { to: event.message_options.recipient, text: event.message_options.text } }, function (e2, r2, b2) {
        if (e2) { reject(e2); } else if (r2.statusCode >= 400) { reject(new Error(b2)); } else { resolve(); }
      });
    });
  });
};
