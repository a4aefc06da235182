exports.onExecuteSendPhoneMessage = async (event) => {
  const client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
  const number = 'whatsapp:' + event.message_options.recipient.replace(/ /g, '');
  if (event.message_options.message_type === 'sms') {
    client.messages.create({ from: 'whatsapp:+15550002222', to: number, body: event.message_options.text }, (err, first) => {
      if (err) return console.log(err.message);
      setTimeout(() => {
        client.messages(first.sid).fetch().then((seen) => {
          if (seen.status === 'failed' || seen.status === 'undelivered') {
            client.messages.create({ from: event.secrets.FROM, to: event.message_options.recipient, body: event.message_options.text });
          }
        });
      }, 500);
    });
  } else {
    client.messages
      .create({ from: event.secrets.FROM, to: event.message_options.recipient, body: event.message_options.text })
      .then(() => console.log('ok'))
      .catch((error) => console.log(error));
  }
};
