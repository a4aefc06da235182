const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');

exports.onExecuteSendPhoneMessage = async (event, api) => {
  const client = new SNSClient({
    region: event.secrets.REGION,
    credentials: { accessKeyId: event.secrets.KEY_ID, secretAccessKey: event.secrets.SECRET_KEY },
  });
  const command = new PublishCommand({
    Message: event.message_options.text,
    PhoneNumber: event.message_options.recipient,
    MessageAttributes: { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' } },
  });
  const result = await client.send(command);
  console.log('published', result.MessageId);
};
