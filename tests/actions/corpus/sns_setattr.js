var AWS = require('aws-sdk');
exports.onExecuteSendPhoneMessage = async (event) => {
  AWS.config.region = event.secrets.REGION;
  AWS.config.credentials = new AWS.Credentials({ accessKeyId: event.secrets.ID, secretAccessKey: event.secrets.KEY });
  const sns = new AWS.SNS();
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Transactional' } }).promise();
  const check = await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: event.message_options.recipient }).promise();
  if (check.isOptedOut) throw new Error('opted out');
  await sns.publish({ PhoneNumber: event.message_options.recipient, Message: event.message_options.text }).promise();
};
