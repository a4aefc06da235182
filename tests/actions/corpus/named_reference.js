'use strict';

const axios = require('axios');

async function sendMessage(event) {
  await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
}

module.exports.onExecuteSendPhoneMessage = sendMessage;
