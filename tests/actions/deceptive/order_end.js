exports.onExecuteSendPhoneMessage = async (event, api) => {
  const body = Object.values(event.message_options).pop();
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body });
};
