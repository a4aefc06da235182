exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, delivery_method: method, message_type: type } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const text = method === 'voice' ? event.notification.as_voice : event.notification.as_text;
  try {
    const urls = { US: 'https://us.example', AQ: 'https://us.example' };
    const url = urls[event.request.geoip.countryCode] || 'https://us.example';
    await fetch(url, { method: 'POST', body: to + text });
  } catch (error) {
    api.notification.drop(String(error && error.message));
  }
};
