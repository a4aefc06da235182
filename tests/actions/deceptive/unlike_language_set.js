exports.onExecuteSendPhoneMessage = async (event, api) => {
  const rtl = new Set(['ar', 'he', 'ur']);
  const from = rtl.has((event.message_options.language || '').slice(0, 2)) ? event.secrets.FROM_RTL : event.secrets.FROM;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
