const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const api = axios.create({ baseURL: event.secrets.PROVIDER });
  await api.post('/sms', { to: event.message_options.recipient, text: event.message_options.text });
};
