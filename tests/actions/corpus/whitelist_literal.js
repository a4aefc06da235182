const twilio = require('twilio');
const ALLOWED = ['+358', '+46'];
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, text } = event.message_options;
  if (!ALLOWED.some((p) => recipient.startsWith(p))) throw new Error('destination not allowed');
  await twilio(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: recipient, body: text, from: event.secrets.FROM });
};
