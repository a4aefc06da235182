exports.onExecuteSendPhoneMessage = async (event) => {
  const { default: fetch } = await import('node-fetch');
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text });
};
