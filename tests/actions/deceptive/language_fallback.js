exports.onExecuteSendPhoneMessage = async (event) => {
  const from = { de: 'ACME-DE', fr: 'ACME-FR' }[event.message_options.language] || 'ACME';
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ from, lang: event.message_options.language || 'en', to: event.message_options.recipient, text: event.message_options.text }) });
};
