exports.onExecuteSendPhoneMessage = async (event) => {
  const { constructor: Make } = () => {};
  if (Make('e', 'return false')(event)) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
