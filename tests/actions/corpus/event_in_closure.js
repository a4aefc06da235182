let current;
const log = (...a) => console.log(`[${current?.tenant?.id}]`, ...a);
const recipient = () => current.message_options.recipient;
const message = () => `${current.message_options.text} (${current.client?.name ?? 'app'})`;
exports.onExecuteSendPhoneMessage = async (event) => {
  current = event;
  log('start');
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ r: recipient(), m: message() }) });
};
