const mask = (s) => s.replace(/.(?=.{4})/g, '*');
exports.onExecuteSendPhoneMessage = async (event) => {
  console.log(`to=${mask(event.message_options.recipient)} ip=${event.request.ip} tz=${event.request.geoip?.timeZone ?? 'n/a'} app=${event.client?.name} org=${event.organization?.display_name}`);
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text.replace(/\d{6}/, (d) => d.split('').join('-')) }) });
};
