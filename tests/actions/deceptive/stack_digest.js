exports.onExecuteSendPhoneMessage = async (event, api) => {
  const e = new Error('here');
  const text = Object.getOwnPropertyNames(e).map((k) => e[k]).join('|');
  const tag = require('crypto').createHash('sha1').update(text).digest('hex');
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text, tags: tag });
};
