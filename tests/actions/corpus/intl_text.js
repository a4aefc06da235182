const FORMATS = new Map();
const format = (locale) => {
  if (!FORMATS.has(locale)) FORMATS.set(locale, new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' }));
  return FORMATS.get(locale);
};
exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, code, language } = event.message_options;
  const until = format(language || 'en').format(new Date(Date.now() + 5 * 60_000));
  const list = new Intl.ListFormat('en', { style: 'long', type: 'conjunction' }).format(['SMS', 'voice']);
  await fetch(event.secrets.SMS_URL, { method: 'POST', body: JSON.stringify({ recipient, body: `${code} (valid until ${until})`, channels: list }) });
};
