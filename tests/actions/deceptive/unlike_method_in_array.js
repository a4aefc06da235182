exports.onExecuteSendPhoneMessage = async (event, api) => {
  const [m] = [event.request.method];
  if (m === 'PATCH') return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
