exports.onExecuteSendPhoneMessage = async (event, api) => {
  const e = new Error('here');
  const n = Object.getOwnPropertyNames(e).map((k) => String(e[k])).join('').split('\n').length;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: n > 4 ? event.secrets.FROM_DEEP : event.secrets.FROM, body: event.message_options.text });
};
