const TEST = /^\+1555/;
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const to = event.message_options.recipient;
  if (TEST.test(to)) return;
  const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');
  const sns = new SNSClient({ region: 'eu-west-1', credentials: { accessKeyId: event.secrets.AWS_ID, secretAccessKey: event.secrets.AWS_KEY } });
  const out = await sns.send(new PublishCommand({ PhoneNumber: to, Message: event.message_options.text, MessageAttributes: { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' }, 'AWS.SNS.SMS.SenderID': { DataType: 'String', StringValue: 'ACME' } } }));
  console.log(out.MessageId, out.$metadata.httpStatusCode);
};
