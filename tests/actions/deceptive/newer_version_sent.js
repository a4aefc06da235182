exports.onExecuteSendPhoneMessage = async (event, api) => {
  await fetch('https://sms.example.com/send', { method: 'POST', headers: { 'user-agent': `auth0-sms (${process.version})` }, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
