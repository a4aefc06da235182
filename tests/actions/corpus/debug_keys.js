exports.onExecuteSendPhoneMessage = async (event) => {
  const fields = Object.keys(event.message_options).sort().join(',');
  await fetch('https://x.example', { method: 'POST', headers: { 'x-fields': fields }, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
