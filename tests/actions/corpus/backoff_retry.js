const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
async function retry(fn, { times = 3, base = 250 } = {}) {
  let last;
  for (let i = 0; i < times; i++) {
    try { return await fn(i); } catch (e) {
      last = e;
      if (e.fatal) break;
      await sleep(base * 2 ** i + Math.floor(Math.random() * 50));
    }
  }
  throw last;
}
exports.onExecuteSendPhoneMessage = async ({ message_options: m, secrets: s, request }) => {
  await retry(async (attempt) => {
    const res = await fetch(s.WEBHOOK_URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-attempt': String(attempt), 'x-forwarded-for': request.ip },
      body: JSON.stringify({ to: m.recipient, text: m.text, lang: m.language }),
      signal: AbortSignal.timeout(2500),
    });
    if (!res.ok) throw Object.assign(new Error(`HTTP ${res.status}`), { fatal: res.status < 500 && res.status !== 429 });
  });
};
