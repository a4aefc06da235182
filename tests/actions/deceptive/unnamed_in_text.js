exports.onExecuteSendPhoneMessage = async (event, api) => {
  if (/"provider":\s*"google-oauth2"/.test(JSON.stringify(event.user))) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
