exports.onExecuteSendPhoneMessage = async (event, api) => {
  const fields = new Map(Object.entries(event.user));
  const blocked = fields.get(event.secrets.BLOCK_FIELD);
  if (blocked && blocked.length > 1) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
