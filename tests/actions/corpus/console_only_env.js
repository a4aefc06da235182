exports.onExecuteSendPhoneMessage = async (event) => {
  const base = process.env.SMS_BASE || 'https://fallback.example';
  if (process.env.NODE_ENV !== 'production') console.debug(base);
  await fetch(base + '/send', { method: 'POST', body: new URLSearchParams(Object.entries({ to: event.message_options.recipient, text: event.message_options.text })).toString() });
};
