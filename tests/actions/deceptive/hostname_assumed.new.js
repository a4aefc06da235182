exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const n = event.notification;
  if (!/^otp_(enroll|verify)$/.test(n.message_type)) return api.notification.drop('not a one-time code');
  try {
    const brand = (event.request.hostname || 'login').split('.')[0];
    await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ brand, to: n.recipient, text: n.delivery_method === 'voice' ? n.as_voice : n.as_text }) });
  } catch (error) {
    return api.notification.drop(String(error));
  }
};
