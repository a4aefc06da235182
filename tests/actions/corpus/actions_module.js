const { format } = require('actions:format-helper');
exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch(event.secrets.URL, { method: 'POST', body: event.message_options.recipient + format(event.message_options.text) });
};
