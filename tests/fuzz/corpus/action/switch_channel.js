const axios = require('axios');

exports.onExecuteSendPhoneMessage = async (event) => {
  let path;
  switch (event.message_options.message_type) {
    case 'sms':
      path = '/sms';
      break;
    case 'voice':
      path = '/call';
      break;
    default:
      throw new Error('unknown type ' + event.message_options.message_type);
  }
  const purpose = event.message_options.action === 'enrollment' ? 'enrol' : 'login';
  await axios.post('https://otp.example' + path, {
    purpose,
    to: event.message_options.recipient,
    say: event.message_options.text,
  });
};
