/** The legacy name of the delivery method: `voice` or `sms`. */
function /*{{NAME}}*/({ notification }) {
  return notification.delivery_method === 'voice' ? 'voice' : 'sms';
}
