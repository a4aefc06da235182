exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const axios = module.require('axios');
  await axios.post('https://sms.example', { to, text });
};
