const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  await axios.post(event.secrets.URL, event.message_options);
};
