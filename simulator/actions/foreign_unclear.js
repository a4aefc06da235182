/**
 * Hands every message to the company's queue, which looks up the number itself.
 */
exports.onExecuteCustomPhoneProvider = async (event) => {
  const { message_type, delivery_method, code } = event.notification;
  await fetch('https://queue.example.net/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-password': event.secrets.SMS_PASSWORD },
    body: JSON.stringify({ job: message_type, way: delivery_method, user: event.user.user_id, code }),
  });
};
