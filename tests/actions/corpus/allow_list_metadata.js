const axios = require('axios');
const PROVIDERS = { acme: 'https://a.example/sms', beta: 'https://b.example/sms' };
exports.onExecuteSendPhoneMessage = async (event) => {
  const p = event.user.app_metadata?.sms_provider ?? event.client?.metadata?.sms_provider;
  const url = PROVIDERS[p];
  if (!url) { throw new Error(`no provider ${p}`); }
  await axios.post(url, { to: event.message_options.recipient, text: event.message_options.text });
};
