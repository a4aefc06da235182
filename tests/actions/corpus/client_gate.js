const axios = require('axios');
const CLIENTS = { 'Acme Portal': 'ACME', 'Partner Portal': 'PARTNER' };
exports.onExecuteSendPhoneMessage = async (event) => {
  const sender = CLIENTS[event.client.name];
  if (!sender) throw new Error('no sender for ' + event.client.name);
  await axios.post('https://sms.example.com', { sender, to: event.message_options.recipient, text: event.message_options.text });
};
