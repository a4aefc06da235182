exports.onExecuteSendPhoneMessage = async (event, api) => {
  const meta = event.user.user_metadata || {};
  if (meta.sms_opt_out === true) { console.log('user opted out'); return; }
  const from = event.user.app_metadata && event.user.app_metadata.region === 'eu' ? event.secrets.FROM_EU : event.secrets.FROM_US;
  const client = require('twilio')(event.secrets.SID, event.secrets.TOKEN);
  await client.messages.create({ to: event.message_options.recipient, from, body: event.message_options.text });
};
