exports.onExecuteSendPhoneMessage = async (event) => {
  for (const key of ['identities']) if ((event.user[key] || []).length > 3) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
