const _ = require('lodash');
exports.onExecuteSendPhoneMessage = async (event) => {
  const provider = _.get(event, 'user.identities[0].provider');
  if (provider === 'ad') throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
