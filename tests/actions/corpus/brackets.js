const axios = require('axios');
exports['onExecuteSendPhoneMessage'] = async (event) => {
  await axios['post'](event['secrets']['URL'], {
    to: event['message_options']['recipient'],
    text: event['message_options'].text,
    action: event.message_options['action'],
  });
};
