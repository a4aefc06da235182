const axios = require('axios');

async function run({ event, log }) {
  log(event.message_options.action);
  await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
}

exports.onExecuteSendPhoneMessage = async (event) => run({ event, log: (line) => console.log(line) });
