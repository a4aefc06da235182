/**
 * Company-wide phone messages.
 */
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient, as_text, as_voice, delivery_method } = event.notification;
  const answer = await fetch(event.secrets.SMS_ENDPOINT || 'https://messages.example.net/send', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-password': event.secrets.SMS_PASSWORD },
    body: JSON.stringify(
      delivery_method === 'voice' ? { number: recipient, speak: as_voice } : { number: recipient, words: as_text }
    ),
  });
  if (!answer.ok) api.notification.retry(`answered ${answer.status}`);
};
