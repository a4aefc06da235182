/**
 * Password changes only. Codes for signing in are sent elsewhere.
 */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  if (event.notification.message_type !== 'change_password') {
    api.notification.drop('not for us');
    return;
  }
  await fetch('https://messages.example.net/send', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-password': event.secrets.SMS_PASSWORD },
    body: JSON.stringify({ number: event.notification.recipient, words: event.notification.as_text }),
  });
};
