const util = require('util');
const request = require('request');
const post = util.promisify(request.post);
exports.onExecuteSendPhoneMessage = async (event) => {
  const { statusCode, body } = await post({
    url: 'https://rest.clicksend.com/v3/sms/send', json: true,
    auth: { user: event.secrets.CLICKSEND_USER, pass: event.secrets.CLICKSEND_KEY },
    body: { messages: [{ source: 'auth0', from: 'Acme', body: event.message_options.text, to: event.message_options.recipient }] }
  });
  if (statusCode !== 200) throw Error('clicksend ' + statusCode + JSON.stringify(body));
};
