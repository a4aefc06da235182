exports.onExecuteSendPhoneMessage = async (event) => {
  const trace = event.transaction?.correlation_id;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ trace, to: event.message_options.recipient, text: event.message_options.text }) });
};
