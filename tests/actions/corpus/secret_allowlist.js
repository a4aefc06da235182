const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event) => {
  const allowed = (event.secrets.ALLOWED_PREFIXES || '+1,+44').split(',');
  const { recipient, text } = event.message_options;
  if (!allowed.some((p) => recipient.startsWith(p))) throw new Error('destination not allowed');
  await twilio(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: recipient, body: text, messagingServiceSid: event.secrets.TWILIO_MESSAGING_SERVICE_SID });
};
