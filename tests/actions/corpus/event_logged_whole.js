const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  console.log('got', JSON.stringify(event.user));
  await axios.post(event.secrets.URL, { fields: Object.keys(event.tenant), to: event.message_options.recipient, text: event.message_options.text });
};
