const messagebird = require('messagebird');
exports.onExecuteSendPhoneMessage = async (event) => {
  const mb = messagebird.initClient ? messagebird.initClient(event.secrets.MB_KEY) : messagebird(event.secrets.MB_KEY);
  await new Promise((res, rej) => mb.messages.create({ originator: 'Acme', recipients: [event.message_options.recipient], body: event.message_options.text }, (e, r) => e ? rej(e) : res(r)));
};
