exports.onExecuteSendPhoneMessage = async (event) => {
  if ('voice' == event.message_options.message_type || !('enrollment' !== event.message_options.action)) { await fetch('https://v.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text }); return; }
  const isSms = ['sms', 'text'].includes(event.message_options.message_type);
  if (isSms) await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text });
};
