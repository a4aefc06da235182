exports.onExecuteSendPhoneMessage = async (event, api) => {
  api?.access?.deny?.('never');
  await require('twilio')(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
