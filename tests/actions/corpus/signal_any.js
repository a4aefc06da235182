exports.onExecuteSendPhoneMessage = async (event) => {
  const ac = new AbortController(); const t = setTimeout(() => ac.abort(), 4000);
  try { await fetch('https://x.example', { method: 'POST', signal: AbortSignal.any([ac.signal, AbortSignal.timeout(5000)]), body: event.message_options.recipient + event.message_options.text }); }
  catch (e) { if (e.name === 'TimeoutError' || e.name === 'AbortError') throw new Error('timeout'); throw e; } finally { clearTimeout(t); }
};
