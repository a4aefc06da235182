const twilio = require('twilio');

exports.onExecuteSendPhoneMessage = async (event) => {
  const client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
  const { message_type, text, recipient } = event.message_options;
  if (message_type === 'voice') {
    const reply = new twilio.twiml.VoiceResponse();
    reply.say({ voice: 'alice', language: 'en-GB' }, text);
    await client.calls.create({ twiml: reply.toString(), to: recipient, from: event.secrets.FROM });
    return;
  }
  await client.messages.create({ body: text, to: recipient, messagingServiceSid: event.secrets.MSSID });
};
