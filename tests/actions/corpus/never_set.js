const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const channel = event.message_options.channel || 'sms';
  const organization = event.organization?.name ?? null;
  const logins = event.user.login_count;
  await axios.post(event.secrets.URL, { channel, organization, logins, to: event.message_options.recipient, text: event.message_options.text });
};
