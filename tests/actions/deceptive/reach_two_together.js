exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const url = event.client?.name === 'Bank' && event.request.geoip.countryCode === 'CH' ? 'https://eu.example' : 'https://us.example';
  await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) });
};
