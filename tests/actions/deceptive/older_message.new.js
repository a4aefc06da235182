let last;
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const n = event.notification;
  if (!/^otp_(enroll|verify)$/.test(n.message_type)) return api.notification.drop('not a one-time code');
  try {
    const message = last || n;
    last = last ? undefined : { recipient: message.recipient, text: `again: ${message.as_text}` };
    await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: message.recipient, text: message.delivery_method === 'voice' ? message.as_voice : message.as_text }) });
  } catch (error) {
    return api.notification.drop(String(error));
  }
};
