exports.onExecuteSendPhoneMessage = async (event) => {
  const host = event.custom_domain ? event.custom_domain.domain : event.request.hostname;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ host, to: event.message_options.recipient, text: event.message_options.text }) });
};
