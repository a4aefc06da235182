const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = new twilio.Twilio(event.secrets.TWILIO_API_KEY, event.secrets.TWILIO_API_SECRET, { accountSid: event.secrets.TWILIO_ACCOUNT_SID });
  const lookup = await client.lookups.v2.phoneNumbers(event.message_options.recipient).fetch({ fields: 'line_type_intelligence' });
  const type = lookup.lineTypeIntelligence && lookup.lineTypeIntelligence.type;
  if (type === 'nonFixedVoip') throw new Error('VoIP numbers are not allowed');
  try {
    const m = await client.messages.create({ body: event.message_options.text, to: event.message_options.recipient, messagingServiceSid: event.secrets.TWILIO_MESSAGING_SID, statusCallback: 'https://hooks.example.com/twilio' });
    console.log(m.sid, m.status);
  } catch (e) {
    if (e.code === 21610) { console.log('unsubscribed'); return; }
    throw e;
  }
};
