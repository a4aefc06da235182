exports.onExecuteSendPhoneMessage = async (event, api) => {
  var client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
  client.messages.create(
    { to: event.message_options.recipient, from: '+15550001111', body: event.message_options.text },
    function (err, message) {
      if (err) {
        console.log('not sent: ' + err.message);
      } else {
        console.log('sent', message.sid);
      }
    }
  );
};
