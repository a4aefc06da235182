const retry = require('async-retry'); const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  await retry(async (bail, n) => { try { await axios.post('https://x.example', { n, to: event.message_options.recipient, text: event.message_options.text }); } catch (e) { if (e.response && e.response.status === 400) { bail(e); return; } throw e; } }, { retries: 2, minTimeout: 100 });
};
