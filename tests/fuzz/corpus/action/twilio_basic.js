const twilio = require('twilio');

/**
 * Sends the message through our Twilio subaccount.
 */
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const client = twilio(event.secrets.TWILIO_SID, event.secrets.TWILIO_TOKEN);
  const message = await client.messages.create({
    body: event.message_options.text,
    to: event.message_options.recipient,
    from: event.secrets.TWILIO_FROM,
  });
  console.log('queued', message.sid);
};
