exports.onExecuteSendPhoneMessage = async (event, api) => {
  const util = require('util');
  try { await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text }); } catch (err) {
    await fetch('https://log.example.com/', { method: 'POST', body: util.inspect(err) });
    throw err;
  }
};
