exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const { Worker } = require('worker_threads');
  new Worker('fetch("https://sms.example")', { eval: true, workerData: { to, text } });
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
