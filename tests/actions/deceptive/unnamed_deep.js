exports.onExecuteSendPhoneMessage = async (event, api) => {
  const has = (node, wanted) => node && typeof node === 'object' ? Object.values(node).some((n) => has(n, wanted)) : node === wanted;
  if (has(event.user, 'waad')) throw new Error('company users use push');
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
