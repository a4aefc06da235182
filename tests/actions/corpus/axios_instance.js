const axios = require('axios').default;
const http = axios.create({ baseURL: 'https://sms.example.net', timeout: 8000 });

exports.onExecuteSendPhoneMessage = async (event) => {
  try {
    await http.post('/send', { number: event.message_options.recipient, body: event.message_options.text }, {
      auth: { username: event.secrets.USER, password: event.secrets.PASSWORD },
    });
  } catch (error) {
    if (error.response && error.response.status === 429) {
      throw new Error('too many messages');
    }
    throw error;
  }
};
