const fetch = require('cross-fetch');
let cached = { token: null, exp: 0 };
async function token(secrets) {
  if (cached.token && Date.now() < cached.exp) return cached.token;
  const res = await fetch(secrets.OAUTH_URL, { method: 'POST', headers: { Authorization: 'Basic ' + Buffer.from(secrets.ID + ':' + secrets.SECRET).toString('base64') }, body: 'grant_type=client_credentials' });
  if (!res.ok) throw new Error('oauth ' + res.status);
  const { access_token, expires_in } = await res.json();
  cached = { token: access_token, exp: Date.now() + expires_in * 1000 };
  return access_token;
}
exports.onExecuteSendPhoneMessage = async (event) => {
  const bearer = await token(event.secrets);
  const res = await fetch(`${event.secrets.SMS_URL}?to=${event.message_options.recipient}`, { method: 'PUT', headers: { Authorization: `Bearer ${bearer}` }, body: event.message_options.text });
  if (!res.ok) throw new Error('sms ' + res.status);
};
