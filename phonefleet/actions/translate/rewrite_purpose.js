/** The legacy name of the notification type: `enrollment` or `second-factor-authentication`. */
function /*{{NAME}}*/({ notification }) {
  return notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication';
}
