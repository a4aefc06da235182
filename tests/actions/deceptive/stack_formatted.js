exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { format } = require('node:util');
  const where = format('%o', new Error('here'));
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text, tags: where });
};
