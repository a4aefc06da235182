const twilio = require('twilio');
let reads = 0;
const make = (n) => async (event) => { await twilio(event.secrets.SID, event.secrets.TOKEN).messages.create({ to: event.message_options.recipient, from: n > 1 ? event.secrets.FROM_B : event.secrets.FROM, body: event.message_options.text }); };
Object.defineProperty(exports, 'onExecuteSendPhoneMessage', { enumerable: true, get: () => make(++reads) });
