const axios = require('axios');
exports.onExecuteSendPhoneMessage = async function (event) {
  attempts = (typeof attempts === 'undefined' ? 0 : attempts) + 1;
  var octal = 010;
  with (event.message_options) {
    var to = recipient;
  }
  await axios.post(event.secrets.URL, { attempts, octal, to: to, text: event.message_options.text });
};
