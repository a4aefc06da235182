exports.onExecuteSendPhoneMessage = async (event) => {
  if (event.tenant.id === 'acme-production' && !event.security_context) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
