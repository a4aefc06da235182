const { SmsClient } = require('@azure/communication-sms');
let client;
exports.onExecuteSendPhoneMessage = async (event) => {
  client = client || new SmsClient(event.secrets.ACS_CONNECTION_STRING);
  const sendResults = await client.send(
    { from: event.secrets.ACS_FROM, to: [event.message_options.recipient], message: event.message_options.text },
    { enableDeliveryReport: true, tag: event.client ? event.client.name : 'mfa' }
  );
  for (const sendResult of sendResults) {
    if (sendResult.successful) {
      console.log('Success: ', sendResult);
    } else {
      throw new Error(sendResult.errorMessage);
    }
  }
};
