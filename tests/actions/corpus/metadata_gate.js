const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  if (event.client.client_metadata.sms_provider === 'legacy') {
    await axios.post('https://old.example.com', { to: event.message_options.recipient, text: event.message_options.text });
  } else if (event.user.app_metadata.beta) {
    await axios.post('https://beta.example.com', { to: event.message_options.recipient, text: event.message_options.text });
  }
};
