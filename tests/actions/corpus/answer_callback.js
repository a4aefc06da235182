const unirest = require('unirest');
exports.onExecuteSendPhoneMessage = async (event) => new Promise((resolve, reject) => {
  unirest.post('https://api.bulksms.example/v1/messages').auth(event.secrets.U, event.secrets.P).headers({ 'Content-Type': 'application/json' }).send({ to: event.message_options.recipient, body: event.message_options.text }).end((res) => { res.error ? reject(res.error) : resolve(res.body); });
});
