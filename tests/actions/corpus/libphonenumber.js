const { parsePhoneNumberFromString } = require('libphonenumber-js');
const twilio = require('twilio');
exports.onExecuteSendPhoneMessage = async (event) => {
  const phone = parsePhoneNumberFromString(event.message_options.recipient);
  if (!phone || !phone.isValid()) throw new Error('Invalid phone number');
  const senders = { US: event.secrets.FROM_US, GB: event.secrets.FROM_GB };
  const from = senders[phone.country] || event.secrets.FROM_DEFAULT;
  const client = twilio(event.secrets.ACCOUNT_SID, event.secrets.AUTH_TOKEN, { lazyLoading: true, region: 'ie1', edge: 'dublin' });
  await client.messages.create({ from, to: phone.format('E.164'), body: event.message_options.text });
};
