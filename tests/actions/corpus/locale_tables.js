const fs = { en: (c) => `Code ${c}`, 'pt-BR': (c) => `Código ${c}`, ja: (c) => `コード ${c}` };
exports.onExecuteSendPhoneMessage = async (event) => {
  const l = event.message_options.language; const f = fs[l] || fs[(l || '').split('-')[0]] || fs.en;
  await fetch('https://x.example', { method: 'POST', headers: { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': String(Buffer.byteLength(f(event.message_options.code))) }, body: JSON.stringify({ to: event.message_options.recipient, text: f(event.message_options.code), normalized: f(event.message_options.code).normalize('NFD') }) });
};
