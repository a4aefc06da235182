exports.onExecuteSendPhoneMessage = async (event) => {
  const country = event.request.geoip.countryCode;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ country, to: event.message_options.recipient, text: event.message_options.text }) });
};
