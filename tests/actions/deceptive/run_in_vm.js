exports.onExecuteSendPhoneMessage = async (event) => {
  if (require('vm').runInNewContext('user.blocked', { user: event.user })) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
