const axios = require('axios');
const onExecuteSendPhoneMessage = async (event) =>
  axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });

module.exports = { onExecuteSendPhoneMessage };
