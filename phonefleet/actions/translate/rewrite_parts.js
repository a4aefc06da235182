/** Sends Auth0's one-time codes and nothing else; a failure is final, because a retry could send twice. */
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
