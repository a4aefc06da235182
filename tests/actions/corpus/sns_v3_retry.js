const { SNSClient, PublishCommand, ThrottledException } = require("@aws-sdk/client-sns");
const { STSClient, AssumeRoleCommand } = require("@aws-sdk/client-sts");
exports.onExecuteSendPhoneMessage = async (event) => {
  const sts = new STSClient({ region: "us-east-1", credentials: { accessKeyId: event.secrets.AWS_ACCESS_KEY_ID, secretAccessKey: event.secrets.AWS_SECRET_ACCESS_KEY } });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: event.secrets.ROLE_ARN, RoleSessionName: "auth0" }));
  const sns = new SNSClient({ region: "us-east-1", credentials: { accessKeyId: Credentials.AccessKeyId, secretAccessKey: Credentials.SecretAccessKey, sessionToken: Credentials.SessionToken } });
  await sns.send(new PublishCommand({ PhoneNumber: event.message_options.recipient, Message: event.message_options.text }));
};
