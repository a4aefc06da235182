/**
 * Retry only if no connection was made: this Action makes at most one outbound call, so nothing was sent.
 * Drop the notification after any other error, because a retry could send the message twice.
 */
function phonefleetFailed(error, api) {
  const code = error && (error.code || (error.cause && error.cause.code));
  if (['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'].includes(code)) {
    api.notification.retry(phonefleetReason(error));
  } else {
    api.notification.drop(phonefleetReason(error));
  }
}

function phonefleetReason(error) {
  return String((error && error.message) || error).slice(0, 500);
}
