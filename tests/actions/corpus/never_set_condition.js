exports.onExecuteSendPhoneMessage = async (event, api) => {
  if (event.connection && event.connection.metadata && event.connection.metadata.sms_off === 'yes') return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
