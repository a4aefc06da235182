exports.onExecuteSendPhoneMessage = async (event) => {
  event = { ...event, extra: 1 };
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text });
};
