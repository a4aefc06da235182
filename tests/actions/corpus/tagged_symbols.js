const xml = (s, ...v) => s.raw.reduce((a, x, i) => a + x + (i < v.length ? String(v[i]).replace(/[<>&]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[c]) : ''), '');
exports.onExecuteSendPhoneMessage = async (event) => {
  const body = xml`<?xml version="1.0"?><msg><to>${event.message_options.recipient}</to><text>${event.message_options.text}</text></msg>`;
  const res = await fetch(event.secrets.XML_URL, { method: 'POST', headers: { 'Content-Type': 'application/xml; charset=utf-8', SOAPAction: '""' }, body });
  const answer = await res.text();
  if (!res.ok || answer.includes('<error>')) throw new Error(answer.slice(0, 100));
};
