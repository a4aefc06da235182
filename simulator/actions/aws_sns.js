const { SNSClient, PublishCommand } = require('@aws-sdk/client-sns');

let sns;

/**
 * Publishes MFA texts to Amazon SNS as transactional messages.
 *
 * @param {Event} event - Details about the user and the message that has to go out.
 */
exports.onExecuteSendPhoneMessage = async (event) => {
  sns =
    sns ||
    new SNSClient({
      region: event.secrets.AWS_REGION,
      credentials: {
        accessKeyId: event.secrets.AWS_ACCESS_KEY_ID,
        secretAccessKey: event.secrets.AWS_SECRET_ACCESS_KEY,
      },
    });

  await sns.send(
    new PublishCommand({
      Message: event.message_options.text,
      PhoneNumber: event.message_options.recipient,
      MessageAttributes: {
        'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
      },
    })
  );
};
