const axios = require('axios');

exports.onExecuteSendPhoneMessage = async (event, api) => {
  const url = `${event.secrets.GATEWAY}/v1/sms`;
  const response = await axios.post(
    url,
    { to: event.message_options.recipient, message: event.message_options.text, ref: event.user.user_id },
    { headers: { Authorization: `Bearer ${event.secrets.API_KEY}`, 'X-Tenant': event.tenant.id }, timeout: 5000 }
  );
  if (response.status !== 202 && response.status !== 200) {
    throw new Error('gateway said ' + response.status);
  }
};
