const axios = require('axios');
const twilio = require('twilio');

exports.onExecuteSendPhoneMessage = async (event) => {
  const to = event.message_options.recipient;
  const text = event.message_options.text;
  try {
    await axios.post(event.secrets.FIRST, { to, text }, { timeout: 2000 });
  } catch (first) {
    console.warn('first provider failed', first.message);
    const client = twilio(event.secrets.SID, event.secrets.TOKEN);
    await client.messages.create({ to, body: text, from: event.secrets.FROM });
  }
};
