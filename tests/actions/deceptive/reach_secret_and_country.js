exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const url = event.secrets.MODE === 'split' && event.request.geoip.countryCode === 'AT' ? 'https://eu.example' : 'https://us.example';
  await fetch(url, { method: 'POST', body: JSON.stringify({ to, text }) });
};
