let n = 0;
exports.onExecuteSendPhoneMessage = async (event, api) => {
  n += 1;
  if (n > 1000) { api?.notification?.drop?.('too many'); }
  await require('twilio')(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
