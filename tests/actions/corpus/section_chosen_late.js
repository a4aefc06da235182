const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const section = 'message_' + 'options';
  const { recipient, text } = event[section];
  await axios.post(event.secrets.URL, { recipient, text });
};
