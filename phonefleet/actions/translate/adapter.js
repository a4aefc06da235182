// custom-phone-provider Action made from the send-phone-message Action /*{{TITLE}}*/.
// The function below contains the legacy code unchanged. It is loaded once, has its own module and runs in sloppy
// mode. It is called with a legacy event that has the documented legacy fields and no others.
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
