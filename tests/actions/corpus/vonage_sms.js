const { Vonage } = require('@vonage/server-sdk');

exports.onExecuteSendPhoneMessage = async (event) => {
  const vonage = new Vonage({ apiKey: event.secrets.VONAGE_KEY, apiSecret: event.secrets.VONAGE_SECRET });
  const to = event.message_options.recipient.replace('+', '');
  await vonage.sms.send({ to, from: 'ACME', text: event.message_options.text });
};
