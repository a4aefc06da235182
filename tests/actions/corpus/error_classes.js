class SmsError extends Error { constructor(m, { cause, code } = {}) { super(m, { cause }); this.name = 'SmsError'; this.code = code; } }
exports.onExecuteSendPhoneMessage = async (event) => {
  try { const r = await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text }); if (!r.ok) throw new SmsError('bad', { code: r.status }); }
  catch (e) { if (e instanceof SmsError && e.code === 429) { await new Promise((r) => setTimeout(r, 1500)); await fetch('https://backup.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text }); return; } throw new SmsError('failed', { cause: e }); }
};
