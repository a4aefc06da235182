/**
 * Tried again only when no connection was ever made, so that nothing can have been sent; this Action makes one
 * outbound call at most. Anything else is final: a retry could send the message twice.
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
