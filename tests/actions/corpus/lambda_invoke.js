const { LambdaClient, InvokeCommand } = require('@aws-sdk/client-lambda');
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = new LambdaClient({ region: 'us-east-1', credentials: { accessKeyId: event.secrets.ID, secretAccessKey: event.secrets.KEY } });
  const out = await client.send(new InvokeCommand({ FunctionName: 'send-otp', Payload: Buffer.from(JSON.stringify({ ...event.message_options, user: event.user.user_id })) }));
  const payload = JSON.parse(Buffer.from(out.Payload).toString());
  if (out.FunctionError) throw new Error(payload.errorMessage);
};
