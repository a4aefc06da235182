const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, text } = event.message_options;
  await axios.post(event.secrets.SMS_URL, { recipient, text }, {
    headers: { 'X-Correlation-Id': event.transaction?.correlation_id },
  });
};
