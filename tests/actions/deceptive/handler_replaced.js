const twilio = require('twilio');
const make = (from) => async (event) => { module.exports = { onExecuteSendPhoneMessage: make('FROM_B') }; await twilio(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets[from], body: event.message_options.text }); };
module.exports = { onExecuteSendPhoneMessage: make('FROM') };
