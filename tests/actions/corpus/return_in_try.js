const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  try {
    return axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
  } catch (error) {
    console.log('never reached for a rejected promise', error);
  }
};
