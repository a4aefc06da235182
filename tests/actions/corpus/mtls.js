const https = require('https'); const axios = require('axios'); const fs = require('fs');
exports.onExecuteSendPhoneMessage = async (event) => {
  const httpsAgent = new https.Agent({ cert: Buffer.from(event.secrets.CERT, 'base64'), key: Buffer.from(event.secrets.KEY, 'base64'), rejectUnauthorized: true });
  await axios.post('https://x.example', { to: event.message_options.recipient, text: event.message_options.text }, { httpsAgent });
};
