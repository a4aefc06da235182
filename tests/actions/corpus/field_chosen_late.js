const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const body = {};
  for (const field of ['recipient', 'text', 'message_type', 'action']) {
    body[field] = event.message_options[field];
  }
  await axios.post(event.secrets.URL, body);
};
