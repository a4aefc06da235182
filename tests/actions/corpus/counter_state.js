let counter = 0; const seen = new Set();
exports.onExecuteSendPhoneMessage = async (event) => {
  counter += 1;
  const first = !seen.has(event.user.user_id); seen.add(event.user.user_id);
  await fetch('https://x.example/send', { method: 'POST', headers: { 'x-seq': `${counter}` }, body: JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text, first }) });
};
