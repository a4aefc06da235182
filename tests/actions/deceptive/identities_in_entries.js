exports.onExecuteSendPhoneMessage = async (event) => {
  const found = Object.entries(event.user).find(([key]) => key === 'identities');
  if (found && found[1].length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
