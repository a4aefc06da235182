exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { ACCOUNT, TOKEN, SERVICE } = event.secrets;
  const client = require('twilio')(ACCOUNT, TOKEN);
  const channel = event.message_options.message_type === 'voice' ? 'call' : 'sms';
  const { recipient: to, code: customCode } = event.message_options;
  await client.verify.services(SERVICE).verifications.create({ to, channel, customCode });
};
