const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  for (const part of text.match(/.{1,20}/gs)) await axios.post('https://sms.example/send', { to, text: part, all: text });
};
