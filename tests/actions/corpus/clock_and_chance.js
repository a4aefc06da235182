const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const id = Date.now().toString(36) + Math.random().toString(36).slice(2);
  await axios.post(event.secrets.URL, { id, at: new Date().toISOString(), to: event.message_options.recipient, text: event.message_options.text });
};
