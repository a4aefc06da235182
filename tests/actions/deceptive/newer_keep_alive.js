exports.onExecuteSendPhoneMessage = async (event, api) => {
  const https = require('https');
  const from = https.globalAgent.keepAlive ? event.secrets.FROM_NEW : event.secrets.FROM;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
