const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event) => {
  const get = (name) => { const v = event.secrets[name]; if (!v) throw new Error(`missing secret ${name}`); return v; };
  const region = event.message_options.recipient.startsWith('+1') ? 'US' : 'INTL';
  const client = twilio(get('TWILIO_SID'), get('TWILIO_TOKEN'));
  await client.messages.create({ from: get(`FROM_${region}`), to: event.message_options.recipient, body: event.message_options.text });
};
