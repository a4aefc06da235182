const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  console.log('event', JSON.stringify(event, null, 2));
  console.debug(event, { user: event.user });
  console.info(`request: ${JSON.stringify(event.request)}`);
  const { data } = await axios.post(event.secrets.SMS_URL, {
    to: event.message_options.recipient, text: event.message_options.text,
  });
  console.log(data);
};
