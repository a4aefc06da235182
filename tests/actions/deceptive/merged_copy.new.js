const _ = require('lodash');
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const n = event.notification;
  if (!/^otp_(enroll|verify)$/.test(n.message_type)) return api.notification.drop('not a one-time code');
  try {
    _.merge({ ...n }, { as_text: 'Acme: ' + n.as_text });
    await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: n.recipient, text: n.delivery_method === 'voice' ? n.as_voice : n.as_text }) });
  } catch (error) {
    return api.notification.drop(String(error));
  }
};
