const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = twilio(event.secrets.TWILIO_SID, event.secrets.TWILIO_TOKEN);
  let m = await client.messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
  while (['queued', 'sending'].includes(m.status)) { await new Promise((r) => setTimeout(r, 300)); m = await client.messages(m.sid).fetch(); }
  if (m.status === 'failed' || m.status === 'undelivered') throw new Error(m.errorMessage);
};
