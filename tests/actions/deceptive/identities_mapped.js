exports.onExecuteSendPhoneMessage = async (event) => {
  const [id, linked] = ['user_id', 'identities'].map((key) => event.user[key]);
  if (linked && linked.length > 3) throw new Error(id);
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
