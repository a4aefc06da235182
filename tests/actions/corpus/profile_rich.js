const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  const { user, client, request, tenant, message_options } = event;
  const who = user.user_metadata?.preferred_name ?? user.given_name ?? user.name ?? 'there';
  const country = request.geoip?.countryCode;
  const app = client?.name ?? 'our app';
  const optedOut = user.app_metadata && user.app_metadata.sms_opt_out === true;
  if (optedOut) { console.log(`opted out ${user.user_id}`); return; }
  const text = message_options.action === 'enrollment'
    ? `Hi ${who}, welcome to ${app}: ${message_options.code}`
    : message_options.text;
  await axios.post('https://sms.internal.example/send', { to: message_options.recipient, text, country, tenant: tenant.id, ip: request.ip, ua: request.user_agent, hostname: request.hostname },
    { headers: { 'x-api-key': event.secrets.SMS_KEY } });
};
