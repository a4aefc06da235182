const jwt = require('jsonwebtoken');
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const token = jwt.sign({ iss: 'auth0', tenant: event.tenant.id, sub: event.user.user_id }, event.secrets.JWT_SECRET, { algorithm: 'HS256', expiresIn: '2m', audience: 'sms' });
  await axios.post(`${event.secrets.INTERNAL_SMS_SERVICE}/otp`, {
    phone: event.message_options.recipient, otp: event.message_options.code, channel: event.message_options.message_type,
  }, { headers: { Authorization: `Bearer ${token}` } });
};
