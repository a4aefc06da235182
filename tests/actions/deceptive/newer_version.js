exports.onExecuteSendPhoneMessage = async (event, api) => {
  const major = Number(process.versions.node.split('.')[0]);
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: major < 20 ? event.secrets.FROM : event.secrets.FROM_NEW, body: event.message_options.text });
};
