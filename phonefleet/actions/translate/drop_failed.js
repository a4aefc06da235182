/** A failure is final: after an error nobody knows whether the message went out, and a retry could send it twice. */
function phonefleetFailed(error, api) {
  api.notification.drop(phonefleetReason(error));
}

function phonefleetReason(error) {
  return String((error && error.message) || error).slice(0, 500);
}
