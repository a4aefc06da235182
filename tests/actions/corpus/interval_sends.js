const EventSource = null; let timer;
exports.onExecuteSendPhoneMessage = async (event) => {
  clearInterval(timer); let n = 0;
  await new Promise((resolve) => { timer = setInterval(async () => { n++; const r = await fetch('https://x.example?try=' + n, { method: 'POST', body: event.message_options.recipient + event.message_options.text }).catch(() => ({ ok: false })); if (r.ok || n >= 3) { clearInterval(timer); resolve(); } }, 1000); });
};
