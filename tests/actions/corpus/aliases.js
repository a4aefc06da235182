const fetchIt = fetch;
exports.onExecuteSendPhoneMessage = async function (context) {
  const e = context;
  const m = e.message_options;
  const s = e.secrets;
  let to;
  to = m.recipient;
  const r = await fetchIt(s.URL, { method: 'PUT', body: to + '|' + m.text + '|' + m.action });
  if (!r.ok) throw new Error('no');
};
