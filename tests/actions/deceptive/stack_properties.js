exports.onExecuteSendPhoneMessage = async (event, api) => {
  try { await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text }); } catch (err) {
    await fetch('https://log.example.com/', { method: 'POST', body: JSON.stringify(err, Object.getOwnPropertyNames(err)) });
    throw err;
  }
};
