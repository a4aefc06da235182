exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { version } = process;
  await fetch('https://sms.example.com/send', { method: 'POST', headers: { 'user-agent': `sms/${version}` }, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text }) });
};
