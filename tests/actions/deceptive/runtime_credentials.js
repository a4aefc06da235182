exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const { createCredentials } = require('crypto');
  const context = createCredentials({ key: event.secrets.KEY });
  await fetch('https://sms.example', { method: 'POST', headers: { 'x-key': String(context) }, body: to + text });
};
