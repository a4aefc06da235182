const axios = require('axios');

async function audit(url, entry) {
  return axios.post(url, entry);
}

exports.onExecuteSendPhoneMessage = async (event) => {
  await audit(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
};

exports.onExecutePostLogin = async (event, api) => {
  await audit(event.secrets.URL, { user: event.user.identities });
  api.idToken.setCustomClaim('audited', true);
};
