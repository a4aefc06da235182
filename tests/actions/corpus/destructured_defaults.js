const axios = require('axios');

exports.onExecuteSendPhoneMessage = async (event) => {
  const { message_options, request: { language: lang = 'en' } = {}, user } = event;
  const { recipient: to, text: body, code = '' } = message_options;
  const { email = 'nobody', phone_number: phone } = user;
  await axios.post(event.secrets.URL, { to, body, code, lang, email, phone });
};
