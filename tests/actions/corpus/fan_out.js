const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { text, recipient } = event.message_options;
  await Promise.all(
    ['https://a.example', 'https://b.example'].map((url) => axios.post(url + '/sms', { text, recipient }))
  );
};
