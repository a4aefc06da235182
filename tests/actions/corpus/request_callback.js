const request = require('request');

exports.onExecuteSendPhoneMessage = async (event) => {
  return new Promise(function (resolve, reject) {
    request.post(
      { url: event.secrets.URL, form: { dest: event.message_options.recipient, msg: event.message_options.text }, timeout: 10000 },
      function (err, res, body) {
        if (err) return reject(err);
        if (res.statusCode !== 200) return reject(new Error('HTTP ' + res.statusCode + ' ' + body));
        resolve();
      }
    );
  });
};
