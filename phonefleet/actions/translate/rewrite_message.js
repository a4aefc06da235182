/** The message with its legacy fields, for code that uses all of them together. */
function /*{{NAME}}*/(notification) {
  const spoken = notification.delivery_method === 'voice';
  const message = {
    action: notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication',
    code: notification.code,
    language: notification.locale,
    message_type: spoken ? 'voice' : 'sms',
    recipient: notification.recipient,
    text: spoken ? notification.as_voice : notification.as_text,
  };
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
}
