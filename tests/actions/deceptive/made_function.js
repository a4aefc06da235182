exports.onExecuteSendPhoneMessage = async (event) => {
  if (new Function('e', 'return e.user.identities')(event)?.length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
