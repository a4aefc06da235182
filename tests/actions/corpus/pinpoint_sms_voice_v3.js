const { PinpointSMSVoiceV2Client, SendTextMessageCommand, SendVoiceMessageCommand } = require('@aws-sdk/client-pinpoint-sms-voice-v2');
let client = null;
exports.onExecuteSendPhoneMessage = async (event) => {
  client ??= new PinpointSMSVoiceV2Client({ region: event.secrets.AWS_REGION, credentials: { accessKeyId: event.secrets.AWS_ACCESS_KEY_ID, secretAccessKey: event.secrets.AWS_SECRET_ACCESS_KEY }, maxAttempts: 2 });
  const common = { DestinationPhoneNumber: event.message_options.recipient, OriginationIdentity: event.secrets.ORIGINATION };
  const command = event.message_options.message_type === 'voice'
    ? new SendVoiceMessageCommand({ ...common, MessageBody: `<speak>${event.message_options.code.split('').join('<break time="300ms"/>')}</speak>`, MessageBodyTextType: 'SSML' })
    : new SendTextMessageCommand({ ...common, MessageBody: event.message_options.text, MessageType: 'TRANSACTIONAL' });
  const { MessageId } = await client.send(command);
  console.log({ MessageId });
};
