const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const client = new twilio(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN);
  if (event.message_options.message_type === 'voice') {
    const VoiceResponse = twilio.twiml.VoiceResponse; const vr = new VoiceResponse();
    vr.pause({ length: 1 }); for (const d of event.message_options.code) { vr.say({ voice: 'Polly.Joanna' }, d); vr.pause({ length: 1 }); }
    return client.calls.create({ twiml: vr.toString(), to: event.message_options.recipient, from: event.secrets.TWILIO_PHONE });
  }
  return client.messages.create({ body: event.message_options.text, to: event.message_options.recipient, from: event.secrets.TWILIO_PHONE }).then(m => console.log(m.sid)).done;
};
