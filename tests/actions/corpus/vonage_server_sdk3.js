const { Vonage } = require('@vonage/server-sdk');
const { Auth } = require('@vonage/auth');
exports.onExecuteSendPhoneMessage = async (event) => {
  const vonage = new Vonage(new Auth({ apiKey: event.secrets.VONAGE_API_KEY, apiSecret: event.secrets.VONAGE_API_SECRET }));
  const from = event.secrets.VONAGE_BRAND;
  const res = await vonage.sms.send({ to: event.message_options.recipient, from, text: event.message_options.text })
    .then(resp => resp)
    .catch(err => { console.log('There was an error sending the messages.'); console.error(err); throw err; });
  const [first] = res.messages;
  if (first.status !== '0') throw new Error('vonage ' + first['error-text']);
};
