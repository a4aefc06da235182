const twilio = require('twilio');
const SENDERS = { HEAD: '+15005550001', PUT: '+15005550002' };
exports.onExecuteSendPhoneMessage = async (event) => {
  const from = SENDERS[event.request.method] || event.secrets.FROM;
  await twilio(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
