exports.onExecuteSendPhoneMessage = async (event) => {
  const [user] = (function* () { yield event.user; })();
  if ((user.identities || []).length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
