exports.onExecuteSendPhoneMessage = async (event) => {
  if (['e7d705a3286e19ea42f587b344ee6865'].includes(event.security_context?.ja3)) throw new Error('blocked');
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
