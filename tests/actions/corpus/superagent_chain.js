const superagent = require('superagent');
exports.onExecuteSendPhoneMessage = async (event) => {
  const res = await superagent.post('https://api.46elks.com/a1/sms').auth(event.secrets.ELKS_USER, event.secrets.ELKS_PASS).type('form').timeout({ response: 5000 }).retry(1).send({ from: 'Acme', to: event.message_options.recipient, message: event.message_options.text });
  if (res.body.status === 'failed') throw new Error(res.text);
};
