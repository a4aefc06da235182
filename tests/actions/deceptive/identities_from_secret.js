exports.onExecuteSendPhoneMessage = async (event) => {
  const value = event.user[event.secrets.FIELD] || [];
  if (value.length > 300) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
