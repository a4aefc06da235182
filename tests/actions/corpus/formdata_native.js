exports.onExecuteSendPhoneMessage = async (event) => {
  const form = new FormData();
  form.set('to', event.message_options.recipient); form.set('text', event.message_options.text);
  const h = new Headers({ 'X-Key': event.secrets.KEY }); h.append('Accept', 'application/json');
  const req = new Request('https://x.example/send', { method: 'POST', body: form, headers: h });
  const res = await fetch(req);
  if (!res.ok) throw new Error(`${res.status}`);
};
