const axios = require('axios');
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, delivery_method: method, message_type: type } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const text = method === 'voice' ? event.notification.as_voice : event.notification.as_text;
  try {
    await axios.post('https://sms.example/send', { to, text });
  } catch (error) {
    if (error.response && error.response.status === 504) api.notification.retry('slow');
    else api.notification.drop('failed');
  }
};
