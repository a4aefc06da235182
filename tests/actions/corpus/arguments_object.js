exports.onExecuteSendPhoneMessage = async function () {
  const event = arguments[0];
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text });
};
