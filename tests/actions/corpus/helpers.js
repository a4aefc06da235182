const axios = require('axios');

const recipientOf = (e) => e.message_options.recipient;

function headersFor(secrets) {
  return { Authorization: `Basic ${secrets.BASIC}` };
}

async function deliver(e, text) {
  const body = { to: recipientOf(e), text, type: e.message_options.message_type };
  return axios.post(e.secrets.URL, body, { headers: headersFor(e.secrets) });
}

exports.onExecuteSendPhoneMessage = async (event) => {
  const options = event.message_options;
  const result = await deliver(event, options.text.trim());
  console.log(result.status);
};
