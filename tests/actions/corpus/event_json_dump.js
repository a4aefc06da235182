const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  console.log(JSON.stringify(event, null, 2));
  await axios.post(event.secrets.WEBHOOK, { to: event.message_options.recipient, text: event.message_options.text, meta: { ...event.request } });
};
