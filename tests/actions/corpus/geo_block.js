const BLOCKED = new Set(['KP', 'IR', 'SY']);
const PREMIUM = [/^\+1900/, /^\+44909/];
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient } = event.message_options;
  const country = event.request.geoip?.countryCode;
  if (country && BLOCKED.has(country)) { console.log('blocked country', country); return; }
  if (PREMIUM.some((re) => re.test(recipient))) throw new Error('premium numbers are not allowed');
  const client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
  await client.messages.create({ to: recipient, from: event.secrets.FROM, body: event.message_options.text });
};
