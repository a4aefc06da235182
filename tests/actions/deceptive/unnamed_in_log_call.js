exports.onExecuteSendPhoneMessage = async (event, api) => {
  let stop = false;
  console.log((stop = JSON.stringify(event.user).includes('google-oauth2')), 'checked');
  if (stop) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
