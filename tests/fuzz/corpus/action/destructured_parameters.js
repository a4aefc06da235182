const axios = require('axios');

exports.onExecuteSendPhoneMessage = async ({ secrets, message_options: { text, recipient, message_type: kind } }, api) => {
  await axios.post(secrets.ENDPOINT, { kind, recipient, text });
};
