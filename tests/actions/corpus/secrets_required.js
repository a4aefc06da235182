exports.onExecuteSendPhoneMessage = async (event) => {
  const required = ['API_URL', 'API_KEY'];
  const missing = required.filter((k) => !event.secrets[k]);
  if (missing.length) throw new Error('missing ' + missing);
  const cfg = Object.fromEntries(required.map((k) => [k, event.secrets[k]]));
  await fetch(cfg.API_URL, { method: 'POST', headers: { k: cfg.API_KEY }, body: event.message_options.recipient + event.message_options.text });
};
