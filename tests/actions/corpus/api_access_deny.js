exports.onExecuteSendPhoneMessage = async (event, api) => {
  if (event.request.geoip?.countryCode === 'RU') { api.access.deny('blocked'); return; }
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
