const soap = require('soap');
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = await soap.createClientAsync('https://x.example?wsdl');
  client.setSecurity(new soap.BasicAuthSecurity(event.secrets.U, event.secrets.P));
  const [result] = await client.SendAsync({ to: event.message_options.recipient, text: event.message_options.text });
  if (result.code !== 0) console.log(result.message);
};
