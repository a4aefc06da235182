const AWS = require('aws-sdk');
exports.onExecuteSendPhoneMessage = async (event) => {
  AWS.config.update({ region: event.secrets.AWS_REGION, accessKeyId: event.secrets.AWS_KEY, secretAccessKey: event.secrets.AWS_SECRET });
  const pinpoint = new AWS.Pinpoint();
  const params = { ApplicationId: event.secrets.PINPOINT_APP, MessageRequest: { Addresses: { [event.message_options.recipient]: { ChannelType: 'SMS' } }, MessageConfiguration: { SMSMessage: { Body: event.message_options.text, MessageType: 'TRANSACTIONAL', SenderId: 'ACME' } } } };
  const data = await pinpoint.sendMessages(params).promise();
  const result = data.MessageResponse.Result[event.message_options.recipient];
  if (result.DeliveryStatus !== 'SUCCESSFUL') throw new Error(result.StatusMessage);
};
