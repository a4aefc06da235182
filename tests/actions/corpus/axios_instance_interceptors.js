const axios = require('axios');
const http = axios.create({ baseURL: 'https://sms.example.org/api', timeout: 3000 });
http.interceptors.request.use((config) => {
  config.headers['X-Request-Source'] = 'auth0';
  return config;
});
http.interceptors.response.use((r) => r, (error) => {
  if (error.response && error.response.status === 429) {
    return new Promise((resolve) => setTimeout(resolve, 1000)).then(() => http.request(error.config));
  }
  return Promise.reject(error);
});
exports.onExecuteSendPhoneMessage = async (event) => {
  http.defaults.headers.common['Authorization'] = `Bearer ${event.secrets.TOKEN}`;
  await http.post('/messages', { to: event.message_options.recipient, text: event.message_options.text });
};
