exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const folder = require('os').tmpDir();
  console.log(folder);
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
