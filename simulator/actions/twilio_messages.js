/**
 * Sends MFA codes through our own Twilio account: a text, or a call that reads the code out twice.
 *
 * @param {Event} event - Details about the user and the message that has to go out.
 * @param {SendPhoneMessageAPI} api - Methods to change the behaviour of sending a phone message.
 */
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { recipient, text, message_type: messageType, code } = event.message_options;
  const client = require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN);

  if (messageType === 'voice') {
    const spoken = String(code || '').split('').join(', ');
    await client.calls.create({
      to: recipient,
      from: event.secrets.TWILIO_FROM,
      twiml: `<Response><Say loop="2">Your code is ${spoken}</Say></Response>`,
    });
    return;
  }

  const message = await client.messages.create({
    to: recipient,
    from: event.secrets.TWILIO_FROM,
    body: text,
  });
  if (message.errorCode) {
    throw new Error(`Twilio refused the message: ${message.errorCode}`);
  }
};
