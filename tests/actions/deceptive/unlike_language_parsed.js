exports.onExecuteSendPhoneMessage = async (event, api) => {
  const lang = new Intl.Locale(event.message_options.language || 'en').language;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: lang === 'fi' ? `Koodisi on ${event.message_options.code}` : event.message_options.text });
};
