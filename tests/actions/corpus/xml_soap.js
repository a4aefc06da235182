const esc = (s) => s.replace(/[<>&'"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' }[c]));
exports.onExecuteSendPhoneMessage = async (event) => {
  const xml = `<?xml version="1.0"?><send><to>${esc(event.message_options.recipient)}</to><body>${esc(event.message_options.text)}</body><key>${esc(event.secrets.KEY)}</key></send>`;
  const res = await fetch('https://soap.example.com/sms', { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body: xml });
  const text = await res.text();
  if (/<fault>/i.test(text)) throw new Error('fault');
};
