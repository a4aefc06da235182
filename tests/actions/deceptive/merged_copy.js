const _ = require('lodash');
exports.onExecuteSendPhoneMessage = async (event) => {
  _.merge(event.message_options, { text: 'Acme: ' + event.message_options.text });
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
