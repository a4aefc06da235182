const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const debug = event.configuration && event.configuration.DEBUG === 'true';
  if (debug) console.log('sending');
  await axios.post(event.secrets.URL, { debug: Boolean(debug), to: event.message_options.recipient, text: event.message_options.text });
};
