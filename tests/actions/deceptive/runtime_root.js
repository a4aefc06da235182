exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const { setTimeout: later } = root;
  await new Promise((done) => later(done, 5));
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
