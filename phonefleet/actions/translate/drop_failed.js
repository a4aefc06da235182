/** Drop the notification. After an error the message may have been sent, so a retry could send it twice. */
function phonefleetFailed(error, api) {
  api.notification.drop(phonefleetReason(error));
}

function phonefleetReason(error) {
  return String((error && error.message) || error).slice(0, 500);
}
