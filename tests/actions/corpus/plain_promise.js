var axios = require('axios');
exports.onExecuteSendPhoneMessage = function (event, api) {
  var url = event.secrets.URL;
  return axios.post(url, { to: event.message_options.recipient, text: event.message_options.text }).then(function (res) {
    console.log(res.status);
  });
};
