const AWS = require('aws-sdk');
exports.onExecuteSendPhoneMessage = (event, api) => new Promise((ok, no) => {
  const sqs = new AWS.SQS({ apiVersion: '2012-11-05', region: event.secrets.REGION });
  sqs.sendMessage({ QueueUrl: event.secrets.QUEUE_URL, MessageBody: JSON.stringify({ t: event.message_options.recipient, m: event.message_options.text }), DelaySeconds: 0 }, function (err, data) { if (err) no(err); else ok(data.MessageId); });
});
