const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  event.message_options.text = event.message_options.text + ' (Acme)';
  await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
};
