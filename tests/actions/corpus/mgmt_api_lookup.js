const { ManagementClient } = require('auth0');
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const management = new ManagementClient({ domain: event.secrets.DOMAIN, clientId: event.secrets.CLIENT_ID, clientSecret: event.secrets.CLIENT_SECRET });
  const { data: user } = await management.users.get({ id: event.user.user_id });
  const language = user.user_metadata.language || 'en';
  await axios.post('https://x.example', { to: event.message_options.recipient, text: event.message_options.text, language });
};
