async function* attempts(event) {
  for (const url of [event.secrets.URL_A, event.secrets.URL_B]) {
    try { yield await fetch(url, { method: 'POST', body: JSON.stringify({ to: event.message_options.recipient, message: event.message_options.text }) }); } catch (e) { console.log(e.message); }
  }
}
exports.onExecuteSendPhoneMessage = async (event) => {
  for await (const r of attempts(event)) if (r.ok) return;
  throw new Error('all providers failed');
};
