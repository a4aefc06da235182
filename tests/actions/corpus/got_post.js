const got = require('got');

exports.onExecuteSendPhoneMessage = async (event) => {
  await got.post('https://rest.clicksend.example/v3/sms/send', {
    json: { messages: [{ to: event.message_options.recipient, body: event.message_options.text }] },
    username: event.secrets.CS_USER,
    password: event.secrets.CS_KEY,
  });
};
