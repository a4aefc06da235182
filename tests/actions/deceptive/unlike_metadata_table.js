exports.onExecuteSendPhoneMessage = async (event, api) => {
  const T = { premium: '+15005550001', basic: '+15005550002' };
  const from = T[event.client?.client_metadata?.plan] || event.secrets.FROM;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
