const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  await axios.post('https://sms.example/send', { to, text });
};
