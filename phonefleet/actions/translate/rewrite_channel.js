/** `voice` or `sms`, the names this code knows the delivery methods by. */
function /*{{NAME}}*/({ notification }) {
  return notification.delivery_method === 'voice' ? 'voice' : 'sms';
}
