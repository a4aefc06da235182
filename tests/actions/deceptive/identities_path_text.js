exports.onExecuteSendPhoneMessage = async (event) => {
  const linked = 'user.identities'.split('.').reduce((value, key) => value?.[key], event);
  if (linked && linked.length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
