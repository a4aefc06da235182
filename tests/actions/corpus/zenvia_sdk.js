const { Client, TextContent } = require('@zenvia/sdk');
exports.onExecuteSendPhoneMessage = async (event) => {
  const client = new Client(event.secrets.ZENVIA_TOKEN);
  const sms = client.getChannel('sms');
  return sms.sendMessage(event.secrets.ZENVIA_FROM, event.message_options.recipient, new TextContent(event.message_options.text)).then((r) => { console.log(r.id); }).catch((e) => { console.error(e); throw e; });
};
