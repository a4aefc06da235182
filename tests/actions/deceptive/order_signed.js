exports.onExecuteSendPhoneMessage = async (event, api) => {
  const crypto = require('crypto');
  const { language, ...m } = event.message_options;
  const q = new URLSearchParams(m).toString();
  const sign = crypto.createHmac('sha256', event.secrets.KEY).update(q).digest('hex');
  await fetch('https://sms.example.com/send', { method: 'POST', headers: { 'x-sign': sign }, body: q });
};
