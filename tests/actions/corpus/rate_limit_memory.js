const hits = {};
exports.onExecuteSendPhoneMessage = async (event) => {
  const k = event.message_options.recipient; const now = Date.now();
  hits[k] = (hits[k] || []).filter((t) => now - t < 60e3); if (hits[k].length >= 3) throw new Error('rate'); hits[k].push(now);
  await fetch('https://x.example', { method: 'POST', body: k + event.message_options.text });
};
