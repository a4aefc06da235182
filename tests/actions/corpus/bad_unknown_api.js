const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event, api) => {
  try {
    await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
  } catch (error) {
    api.access.deny('sms failed');
  }
};
