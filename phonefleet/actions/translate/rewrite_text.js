/** The words to deliver: the spoken form for a call, the written one for a text message. */
function /*{{NAME}}*/({ notification }) {
  return notification.delivery_method === 'voice' ? notification.as_voice : notification.as_text;
}
