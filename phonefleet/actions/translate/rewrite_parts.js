/** Send Auth0's one-time codes and nothing else. Drop the notification on failure: a retry could send it twice. */
function /*{{GUARD}}*/(send) {
  return async (event, api) => {
    const type = event.notification.message_type;
    if (type !== 'otp_enroll' && type !== 'otp_verify') {
      return phonefleetOther(event, api);
    }
    try {
      return await send(event, api);
    } catch (error) {
      phonefleetFailed(error, api);
    }
  };
}
