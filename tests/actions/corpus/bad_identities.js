const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const provider = event.user.identities[0].provider;
  await axios.post(event.secrets.URL, { provider, to: event.message_options.recipient, text: event.message_options.text });
};
