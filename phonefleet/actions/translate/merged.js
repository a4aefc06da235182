// custom-phone-provider Action that sends MFA messages /*{{MFA_TITLE}}*/ and Passwordless messages as the connections did.
// otp_enroll is MFA. otp_verify is Passwordless if event.connection.strategy is 'sms', otherwise MFA.
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
