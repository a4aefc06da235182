const axios = require('axios');

class Sender {
  constructor(secrets) {
    this.url = secrets.URL;
  }

  async send(options) {
    await axios.post(this.url, { to: options.recipient, text: options.text });
  }
}

exports.onExecuteSendPhoneMessage = async (event) => {
  await new Sender(event.secrets).send(event.message_options);
};
