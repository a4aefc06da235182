const providers = [
  { name: 'primary', async send(e) { const r = await fetch(e.secrets.PRIMARY_URL, { method: 'POST', headers: { 'x-api-key': e.secrets.PRIMARY_KEY }, body: JSON.stringify({ to: e.message_options.recipient, body: e.message_options.text }) }); if (!r.ok) throw new Error('primary ' + r.status); } },
  { name: 'secondary', async send(e) { const r = await fetch(e.secrets.SECONDARY_URL, { method: 'POST', headers: { 'x-api-key': e.secrets.SECONDARY_KEY }, body: JSON.stringify({ msisdn: e.message_options.recipient, message: e.message_options.text }) }); if (!r.ok) throw new Error('secondary ' + r.status); } },
];
exports.onExecuteSendPhoneMessage = async (event) => {
  const errors = [];
  for (const provider of providers) {
    try { await provider.send(event); return; } catch (err) { errors.push(`${provider.name}: ${err.message}`); }
  }
  throw new Error(errors.join('; '));
};
