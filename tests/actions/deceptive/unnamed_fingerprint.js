exports.onExecuteSendPhoneMessage = async (event, api) => {
  if (JSON.stringify(event).includes('t13d1516h2_8daaf6152771')) { console.log('bot'); return; }
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
