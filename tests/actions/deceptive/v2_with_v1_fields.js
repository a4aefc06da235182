exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ to: event.recipient, text: event.text }) });
};
