/** `enrollment` or `second-factor-authentication`, the names this code knows the notification types by. */
function /*{{NAME}}*/({ notification }) {
  return notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication';
}
