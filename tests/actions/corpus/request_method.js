exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text + event.request.method });
};
