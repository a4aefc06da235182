const { format } = require('actions:format-helper');
exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch(event.secrets.URL, { method: 'POST', body: format(event.message_options.text) });
};
