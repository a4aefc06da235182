async function cached(api, key, make) { const c = api.cache.get(key); if (c && c.value) return c.value; const v = await make(); api.cache.set(key, v, { expires_at: Date.now() + 60000 }); return v; }
exports.onExecuteSendPhoneMessage = async (event, api) => {
  const t = await cached(api, 'tok', async () => { const r = await fetch('https://auth.example/token', { method: 'POST', body: event.secrets.REFRESH }); return (await r.json()).access_token; });
  await fetch('https://x.example', { method: 'POST', headers: { authorization: t }, body: event.message_options.recipient + event.message_options.text });
};
