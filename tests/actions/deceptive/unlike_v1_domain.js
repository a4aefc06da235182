exports.onExecuteSendPhoneMessage = async (event) => {
  const brand = event.custom_domain && event.custom_domain.domain_metadata && event.custom_domain.domain_metadata.brand || 'Acme';
  await fetch('https://sms.example.com/send', { method: 'POST', body: JSON.stringify({ to: event.recipient, text: `${brand}: ${event.text}` }) });
};
