const axios = require('axios'); const axiosRetry = require('axios-retry').default;
const client = axios.create({ timeout: 3000 });
axiosRetry(client, { retries: 2, retryDelay: axiosRetry.exponentialDelay, retryCondition: (e) => e.response?.status >= 500 });
exports.onExecuteSendPhoneMessage = async (event) => { await client.post('https://x.example', { to: event.message_options.recipient, text: event.message_options.text }); };
