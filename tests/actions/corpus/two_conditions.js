const axios = require('axios');
exports.onExecuteSendPhoneMessage = async (event) => {
  if (event.secrets.MODE !== 'live') { console.log('not live'); return; }
  switch (event.secrets.PROVIDER) {
    case 'acme': await axios.post('https://acme.example/sms', { to: event.message_options.recipient, text: event.message_options.text }); break;
    case 'other': await axios.post('https://other.example/sms', { to: event.message_options.recipient, text: event.message_options.text }, { headers: { k: event.secrets.OTHER_KEY } }); break;
    default: throw new Error('PROVIDER');
  }
};
