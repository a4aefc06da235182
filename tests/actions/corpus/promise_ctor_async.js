const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => new Promise(async (resolve, reject) => {
  try { const r = await axios.post('https://x.example', { to: event.message_options.recipient, text: event.message_options.text }); resolve(r.data); } catch (e) { reject(new Error(e.response ? JSON.stringify(e.response.data) : e.message)); }
});
