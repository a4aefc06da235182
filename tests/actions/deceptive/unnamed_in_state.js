const last = { user: null };
exports.onExecuteSendPhoneMessage = async (event) => {
  if (last.user && Object.values(last.user).some((v) => Array.isArray(v) && v.length > 3)) return;
  last.user = { ...event.user };
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
