const axios = require('axios');
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.onExecuteSendPhoneMessage = async (event) => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
      return;
    } catch (error) {
      if (attempt === 3) throw error;
      await wait(250 * attempt);
    }
  }
};
