exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, delivery_method: method, message_type: type } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const text = method === 'voice' ? event.notification.as_voice : event.notification.as_text;
  try {
    event.secrets.HOLD === 'yes' && (await new Promise(() => {}));
    await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
  } catch (error) {
    api.notification.drop(String(error && error.message));
  }
};
