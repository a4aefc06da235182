const emitter = new (require('events'))();
emitter.on('x', (event) => console.log(event.message_options));
exports.onExecuteSendPhoneMessage = async (event) => {
  const items = [{ message_options: { text: 'no' } }].map((event) => event.message_options.text);
  { const event = { message_options: { recipient: 'shadow' } }; console.log(event.message_options.recipient); }
  await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text + items });
};
