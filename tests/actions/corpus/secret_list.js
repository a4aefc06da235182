exports.onExecuteSendPhoneMessage = async (event) => {
  const numbers = event.secrets.FROM_NUMBERS.split(',').map((n) => n.trim()).filter(Boolean);
  const from = numbers[Number(event.message_options.code) % numbers.length];
  const client = require('twilio')(event.secrets.TWILIO_SID, event.secrets.TWILIO_TOKEN);
  await client.messages.create({ from, to: event.message_options.recipient, body: event.message_options.text });
};
