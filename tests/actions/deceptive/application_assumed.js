exports.onExecuteSendPhoneMessage = async (event) => {
  const app = event.client.name;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ app, to: event.message_options.recipient, text: event.message_options.text }) });
};
