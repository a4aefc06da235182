exports.onExecuteSendPhoneMessage = async (event) => {
  const agent = event.request.user_agent;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ agent, to: event.message_options.recipient, text: event.message_options.text }) });
};
