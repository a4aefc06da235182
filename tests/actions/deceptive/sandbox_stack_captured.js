exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const here = {};
  Error.captureStackTrace(here);
  await fetch('https://sms.example', { method: 'POST', headers: { from: String(here.stack).split('\n')[1] || '' }, body: to + text });
};
