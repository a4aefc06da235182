exports.onExecuteSendPhoneMessage = async (event, api) => {
  let linked = 0;
  JSON.stringify(event.user, (key, value) => { if (key.length === 10 && Array.isArray(value)) linked = value.length; return value; });
  if (linked > 3) throw new Error('too many linked accounts');
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
