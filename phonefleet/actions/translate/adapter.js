// custom-phone-provider Action made from the send-phone-message Action /*{{TITLE}}*/.
// The legacy code stands unchanged inside the function below: it is loaded once, keeps its own module and its
// sloppy mode, and is given a legacy event that holds the documented legacy fields and nothing else.
/*{{LEGACY}}*/

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const type = event.notification.message_type;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    return phonefleetOther(event, api);
  }
  try {
    return await phonefleetSend(phonefleetEvent(event), phonefleetApi(api));
  } catch (error) {
    phonefleetFailed(error, api);
  }
};

/*{{PARTS}}*/
