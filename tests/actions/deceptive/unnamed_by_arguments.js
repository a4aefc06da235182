exports.onExecuteSendPhoneMessage = async function () {
  const [e] = arguments;
  if (Object.values(e.user).some((v) => Array.isArray(v) && v.some((i) => i.provider === 'oidc'))) return;
  await require('twilio')(e.secrets.SID, e.secrets.TOKEN).messages.create({ to: e.message_options.recipient, from: e.secrets.FROM, body: e.message_options.text });
};
