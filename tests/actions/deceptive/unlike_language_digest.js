exports.onExecuteSendPhoneMessage = async (event, api) => {
  const crypto = require('crypto');
  const first = crypto.createHash('sha256').update(String(event.message_options.language)).digest()[0];
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: `+1500555${1000 + first}`, body: event.message_options.text });
};
