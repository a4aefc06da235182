const axios = require('axios');

module.exports = {
  async onExecuteSendPhoneMessage(event, api) {
    await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
  },
};
