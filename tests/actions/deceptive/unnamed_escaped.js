exports.onExecuteSendPhoneMessage = async (event, api) => {
  if ((event.user.identit\u0069es || []).length > 1) throw new Error('linked');
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
