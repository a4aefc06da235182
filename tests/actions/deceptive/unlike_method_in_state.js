let verb;
const remember = (r) => { verb = r.method; };
exports.onExecuteSendPhoneMessage = async (event) => {
  remember(event.request);
  if (verb === 'PATCH') return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
