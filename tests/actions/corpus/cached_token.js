const axios = require('axios');
async function getToken(event, api) {
  const cached = api.cache.get('sms_token');
  if (cached && cached.value) return cached.value;
  const { data } = await axios.post(event.secrets.TOKEN_URL, { client_id: event.secrets.CLIENT_ID, client_secret: event.secrets.CLIENT_SECRET, grant_type: 'client_credentials' });
  api.cache.set('sms_token', data.access_token, { ttl: (data.expires_in - 60) * 1000 });
  return data.access_token;
}
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const token = await getToken(event, api);
  const send = (t) => axios.post(event.secrets.SMS_API_URL, { phone: event.message_options.recipient, message: event.message_options.text }, { headers: { Authorization: `Bearer ${t}` } });
  try { await send(token); } catch (e) {
    if (e.response && e.response.status === 401) {
      api.cache.delete('sms_token');
      await send(await getToken(event, api));
      return;
    }
    throw e;
  }
};
