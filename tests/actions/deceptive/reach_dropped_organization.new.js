exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: to, delivery_method: method, message_type: type } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    api.notification.drop('no one-time code');
    return;
  }
  const text = method === 'voice' ? event.notification.as_voice : event.notification.as_text;
  try {
    if (event.organization?.name === 'acme') throw new Error('not for this organization');
    await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
  } catch (error) {
    api.notification.drop(String(error && error.message));
  }
};
