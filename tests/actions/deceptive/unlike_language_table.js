const twilio = require('twilio');
const INTROS = { sw: 'Msimbo wako', fi: 'Koodisi' };
exports.onExecuteSendPhoneMessage = async (event) => {
  const intro = INTROS[event.message_options.language] || 'Your code';
  await twilio(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: `${intro}: ${event.message_options.code}` });
};
