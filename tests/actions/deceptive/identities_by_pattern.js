exports.onExecuteSendPhoneMessage = async (event) => {
  const key = Object.keys(event.user).find((name) => /^identities$/.test(name));
  if (key && event.user[key].length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
