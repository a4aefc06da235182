exports.onExecuteSendPhoneMessage = async (event) => {
  const send = (u) => fetch(u, { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, body: event.message_options.text }) }).then((r) => (r.ok ? r.json() : Promise.reject(new Error(r.status))));
  try { const [a] = await Promise.all([Promise.any([send('https://a.example'), send('https://b.example')]), Promise.allSettled([fetch('https://audit.example', { method: 'HEAD' })])]); console.log(a); }
  catch (e) { throw e instanceof AggregateError ? e.errors[0] : e; }
};
