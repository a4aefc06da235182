const { request } = require('undici');

exports.onExecuteSendPhoneMessage = async (event) => {
  const { statusCode, body } = await request('https://sms.example/send', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-key': event.secrets.KEY },
    body: JSON.stringify({ phone: event.message_options.recipient, text: event.message_options.text }),
  });
  if (statusCode !== 200) {
    throw new Error(`${statusCode}: ${await body.text()}`);
  }
};
