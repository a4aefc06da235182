exports.onExecuteSendPhoneMessage = async (event, api) => {
  const l = event.message_options.language;
  const from = l && l.charCodeAt(1) === 118 ? event.secrets.FROM_NORDIC : event.secrets.FROM;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
