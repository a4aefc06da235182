const axios = require('axios');
const qs = require('qs');
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const data = qs.stringify({
    to: event.message_options.recipient,
    type: 'OTP',
    sender: event.secrets.SENDER_ID,
    body: event.message_options.text,
    source: 'API'
  });
  const config = {
    method: 'post',
    maxBodyLength: Infinity,
    url: `https://api.kaleyra.io/v1/${event.secrets.KALEYRA_SID}/messages`,
    headers: { 'api-key': event.secrets.KALEYRA_KEY, 'Content-Type': 'application/x-www-form-urlencoded' },
    data: data
  };
  axios(config)
    .then(function (response) { console.log(JSON.stringify(response.data)); })
    .catch(function (error) { console.log(error); });
};
