exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const source = require('fs').readFileSync(__filename, 'utf8');
  if (source.length > 600) throw new Error('changed');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
