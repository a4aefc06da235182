exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { ACCOUNT_SID, TOKEN, SERVICE_SID } = event.secrets;
  const client = require('twilio')(ACCOUNT_SID, TOKEN);
  const channel = event.message_options.message_type === 'voice' ? 'call' : 'sms';
  const { recipient: to, code: customCode } = event.message_options;
  await client.verify.services(SERVICE_SID).verifications.create({ to, channel, customCode });
};
