exports.onExecuteSendPhoneMessage = async (event) => {
  const linked = await Promise.resolve(event).then(({ user }) => user.identities);
  if (linked && linked.length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
