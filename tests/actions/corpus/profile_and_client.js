const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { user, client } = event;
  await axios.post(event.secrets.URL, {
    to: event.message_options.recipient,
    text: event.message_options.text,
    brand: (client && client.metadata && client.metadata.brand) || 'acme',
    app: client?.name,
    vip: Boolean(user.app_metadata && user.app_metadata.vip),
    name: user.given_name || user.name || user.nickname || '',
    verified: user.email_verified,
  });
};
