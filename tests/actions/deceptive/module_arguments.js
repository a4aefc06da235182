const inNode = typeof arguments !== 'undefined' && arguments.length === 5;
exports.onExecuteSendPhoneMessage = async (event) => {
  await require('twilio')(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: inNode ? event.secrets.FROM : event.secrets.FROM_TEST, body: event.message_options.text });
};
