exports.onExecuteSendPhoneMessage = async (event) => {
  if (event.user.user_id.constructor.constructor('e', 'return false')(event)) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
