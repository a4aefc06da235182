const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  Object.assign(event.message_options, { text: `${event.message_options.text} (Acme)` });
  await axios.post(event.secrets.SMS_URL, { to: event.message_options.recipient, text: event.message_options.text });
};
