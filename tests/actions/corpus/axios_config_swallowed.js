exports.onExecuteSendPhoneMessage = async (event, api) => {
  const axios = require('axios');
  const options = {
    method: 'POST',
    url: event.secrets.NOTIFY_URL,
    headers: { 'content-type': 'application/json', 'x-api-key': event.secrets.NOTIFY_KEY },
    data: {
      phoneNumber: event.message_options.recipient,
      templateId: event.secrets.TEMPLATE,
      message: [{ key: 'code', message: event.message_options.text }],
    },
  };
  try {
    const response = await axios(options);
    console.log(response.data);
  } catch (error) {
    console.log(error);
  }
};
