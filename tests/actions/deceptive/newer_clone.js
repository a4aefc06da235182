exports.onExecuteSendPhoneMessage = async (event, api) => {
  const modern = 'structuredClone' in globalThis;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: modern ? event.secrets.FROM_NEW : event.secrets.FROM, body: event.message_options.text });
};
