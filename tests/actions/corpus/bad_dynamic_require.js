exports.onExecuteSendPhoneMessage = async (event) => {
  const client = require(event.secrets.CLIENT);
  await client.send(event.message_options.text);
};
