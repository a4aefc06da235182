exports.onExecuteSendPhoneMessage = async (event, api) => {
  const lists = Object.values(event.user).filter(Array.isArray);
  if (lists.some((list) => list.some((entry) => entry.isSocial === true))) throw new Error('social users get no SMS');
  await require('twilio')(event.secrets.TWILIO_ACCOUNT_SID, event.secrets.TWILIO_AUTH_TOKEN).messages.create({ to: event.message_options.recipient, from: event.secrets.FROM, body: event.message_options.text });
};
