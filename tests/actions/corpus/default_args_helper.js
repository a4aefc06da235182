const axios = require('axios');
async function deliver({ to, body, from = 'ACME', urgent = false } = {}, { key, url = 'https://sms.example/v1' } = {}) {
  return axios.post(url, { to, body, from, urgent }, { headers: { 'x-key': key } });
}
exports.onExecuteSendPhoneMessage = async ({ message_options: { recipient: to, text: body, action }, secrets: { KEY: key } }) => {
  const res = await deliver({ to, body, urgent: action === 'second-factor-authentication' }, { key });
  return res.status;
};
