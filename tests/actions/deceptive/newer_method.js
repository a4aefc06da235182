exports.onExecuteSendPhoneMessage = async (event, api) => {
  const numbers = [event.secrets.FROM_B, event.secrets.FROM_A];
  const list = typeof numbers.toSorted === 'function' ? numbers.toSorted() : numbers;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: list[0], body: event.message_options.text });
};
