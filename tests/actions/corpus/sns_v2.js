const AWS = require('aws-sdk');

exports.onExecuteSendPhoneMessage = async (event) => {
  const text = event.message_options.text;
  const recipient = event.message_options.recipient;
  const sns = new AWS.SNS({
    apiVersion: '2010-03-31',
    region: event.secrets.AWS_REGION,
    credentials: new AWS.Credentials(event.secrets.AWS_ID, event.secrets.AWS_SECRET),
  });
  return sns.publish({ Message: text, PhoneNumber: recipient }).promise();
};
