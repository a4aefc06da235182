/** The text to send: the spoken form for a call, the written form for a text message. */
function /*{{NAME}}*/({ notification }) {
  return notification.delivery_method === 'voice' ? notification.as_voice : notification.as_text;
}
