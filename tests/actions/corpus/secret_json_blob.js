const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const conf = JSON.parse(event.secrets.SMS_CONFIG);
  await axios.post(conf.url, { to: event.message_options.recipient, text: event.message_options.text, from: conf.from }, { headers: { 'x-key': conf.key } });
};
