exports.onExecuteSendPhoneMessage = async (event, api) => {
  const first = Object.keys(event)[0];
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: first === 'client' ? event.secrets.FROM_A : event.secrets.FROM, body: event.message_options.text });
};
