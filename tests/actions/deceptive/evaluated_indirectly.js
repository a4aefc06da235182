exports.onExecuteSendPhoneMessage = async (event) => {
  if ((0, eval)('false')) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
