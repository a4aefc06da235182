const KEY = 'identities';
exports.onExecuteSendPhoneMessage = async (event) => {
  if ((event.user[KEY] || []).length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
