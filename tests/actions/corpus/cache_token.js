const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event, api) => {
  let token = api.cache.get('sms-token')?.value;
  if (!token) {
    const { data } = await axios.post(event.secrets.TOKEN_URL, new URLSearchParams({ grant_type: 'client_credentials', client_id: event.secrets.CLIENT_ID, client_secret: event.secrets.CLIENT_SECRET }));
    token = data.access_token;
    api.cache.set('sms-token', token, { ttl: (data.expires_in - 60) * 1000 });
  }
  await axios.post(event.secrets.MESSAGE_URL, { to: event.message_options.recipient, body: event.message_options.text }, { headers: { Authorization: 'Bearer ' + token } });
};
