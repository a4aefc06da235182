exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const client = require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN);
  try {
    await client.messages.create({ to, from: '+15005550006', body: text });
  } catch (error) {
    if (error.code !== 63038) throw error;
    await client.messages.create({ to, messagingServiceSid: event.secrets.SERVICE_SID, body: text });
  }
};
