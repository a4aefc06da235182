exports.onExecuteSendPhoneMessage = async (event) => {
  const enc = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', enc.encode(event.secrets.KEY), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const body = JSON.stringify({ to: event.message_options.recipient, text: event.message_options.text });
  const sig = Array.from(new Uint8Array(await crypto.subtle.sign('HMAC', key, enc.encode(body)))).map((b) => b.toString(16).padStart(2, '0')).join('');
  await fetch('https://x.example', { method: 'POST', headers: { 'x-sig': sig }, body });
};
