const { SecretsManagerClient, GetSecretValueCommand } = require("@aws-sdk/client-secrets-manager");
const twilio = require("twilio");
exports.onExecuteSendPhoneMessage = async (event) => {
  const sm = new SecretsManagerClient({ region: event.secrets.REGION });
  const { SecretString } = await sm.send(new GetSecretValueCommand({ SecretId: "twilio" }));
  const { sid, token, from } = JSON.parse(SecretString);
  await twilio(sid, token).messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
