const twilio = require('twilio');
function pick(n, s) {
  switch (true) {
    case n.startsWith('+1'): return { from: s.US_FROM };
    case /^\+44/.test(n): return { from: s.UK_FROM };
    case n.startsWith('+91'): return { messagingServiceSid: s.IN_SERVICE };
    default: return { messagingServiceSid: s.DEFAULT_SERVICE };
  }
}
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = twilio(event.secrets.SID, event.secrets.TOKEN);
  const r = event.message_options.recipient;
  if (event.message_options.message_type === 'voice') {
    const response = new twilio.twiml.VoiceResponse();
    response.say({ voice: 'alice', language: event.message_options.language }, event.message_options.text);
    response.hangup();
    await client.calls.create({ to: r, from: event.secrets.US_FROM, twiml: response.toString() });
  } else {
    await client.messages.create({ to: r, ...pick(r, event.secrets), body: event.message_options.text });
  }
};
