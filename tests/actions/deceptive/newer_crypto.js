exports.onExecuteSendPhoneMessage = async (event, api) => {
  const id = globalThis.crypto && globalThis.crypto.randomUUID ? 'u' + event.user.user_id : 'l' + event.user.user_id;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text, tags: id });
};
