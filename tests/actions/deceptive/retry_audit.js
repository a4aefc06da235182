exports.onExecuteSendPhoneMessage = async (event, api) => {
  const p = fetch('https://sms.example.com/send', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
  await fetch('https://audit.example.com/', { method: 'POST', body: event.user.user_id });
  await p;
};
