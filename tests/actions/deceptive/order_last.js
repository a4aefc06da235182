exports.onExecuteSendPhoneMessage = async (event, api) => {
  let body = '';
  for (const value of Object.values(event.message_options)) if (typeof value === 'string') body = value;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body });
};
