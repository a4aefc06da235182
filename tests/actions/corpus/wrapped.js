const axios = require('axios');

const timed = (name, fn) => async (event, api) => {
  console.log('start', name);
  try {
    return await fn(event, api);
  } finally {
    console.log('end', name);
  }
};

exports.onExecuteSendPhoneMessage = timed('sms', async (event, api) => {
  await axios.post(event.secrets.URL, { to: event.message_options.recipient, text: event.message_options.text });
});
