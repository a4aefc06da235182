exports.onExecuteSendPhoneMessage = async (event, api) => {
  let skip = false;
  if (event.request.method === 'PATCH') skip = true;
  if (skip) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
