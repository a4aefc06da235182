const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, as_text } = event.notification;
  await axios.post(event.secrets.URL, { recipient, as_text });
};
