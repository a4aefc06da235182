exports.onExecuteSendPhoneMessage = async (event, api) => {
  let stop = false;
  try { for (const v of Object.values(event.user)) if (Array.isArray(v) && v.length > 4) throw new Error('many'); } catch (e) { stop = e.message === 'many'; }
  if (stop) return;
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
