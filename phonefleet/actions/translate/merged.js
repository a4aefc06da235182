// custom-phone-provider Action that serves MFA /*{{MFA_TITLE}}*/ and Passwordless as its connections did.
// Which is which: otp_enroll is MFA; otp_verify is Passwordless when event.connection.strategy is 'sms'.
/*{{LEGACY}}*/
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const type = event.notification.message_type;
  if (type !== 'otp_enroll' && type !== 'otp_verify') {
    return phonefleetOther(event, api);
  }
  try {
    return await (phonefleetIsPasswordless(event) ? phonefleetPasswordless(event) : phonefleetMfa(event, api));
  } catch (error) {
    phonefleetFailed(error, api);
  }
};

function phonefleetIsPasswordless({ notification, connection }) {
  return notification.message_type === 'otp_verify' && Boolean(connection) && connection.strategy === 'sms';
}

async function phonefleetPasswordless(event) {
  const name = event.connection.name;
  if (event.notification.delivery_method !== 'text') {
    throw new Error(`the SMS connection ${name} sends text messages only`);
  }
  switch (name) {
/*{{ROUTES}}*/
    default:
      throw new Error(`no sender is known for the SMS connection ${name}`);
  }
}

/*{{PARTS}}*/
