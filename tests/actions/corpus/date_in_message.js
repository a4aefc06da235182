exports.onExecuteSendPhoneMessage = async (event) => {
  const now = new Date();
  const hour = now.getUTCHours();
  const quiet = hour >= 22 || hour < 7;
  await fetch('https://x.example/send', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text, scheduled: quiet ? null : now.toISOString(), local: now.toLocaleString('en-GB', { timeZone: event.request.geoip.timeZone || 'UTC' }) }) });
};
