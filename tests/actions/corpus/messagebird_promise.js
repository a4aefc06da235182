exports.onExecuteSendPhoneMessage = async (event) => {
  const messagebird = require('messagebird')(event.secrets.MB_KEY);
  const params = { originator: 'Acme', recipients: [event.message_options.recipient], body: event.message_options.text };
  await new Promise((resolve, reject) => {
    messagebird.messages.create(params, (err, response) => {
      if (err) {
        return reject(err);
      }
      resolve(response);
    });
  });
};
