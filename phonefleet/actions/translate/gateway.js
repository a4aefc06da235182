// custom-phone-provider Action that calls the SMS gateway of the Passwordless connection /*{{TITLE}}*/ with the
// same request that Auth0 sent to it. It sends only Auth0's one-time codes, and only as text messages.
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { message_type: type, delivery_method: method } = event.notification;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    return phonefleetOther(event, api);
  }
  if (method !== 'text') {
    api.notification.drop(`an SMS gateway cannot deliver a message of type ${method}`);
    return;
  }
  try {
    await phonefleetGateway(event, /*{{SETTINGS}}*/);
  } catch (error) {
    phonefleetFailed(error, api);
  }
};

/*{{PARTS}}*/
