const withLogging = (h) => async (e, a) => { const t = Date.now(); try { return await h(e, a); } catch (err) { console.error(err); throw err; } finally { console.log(Date.now() - t); } };
const compose = (...f) => (x) => f.reduceRight((v, g) => g(v), x);
const handler = async (event) => {
  await fetch('https://x.example/send', { method: 'POST', headers: { k: event.secrets.K }, body: JSON.stringify(event.message_options) });
};
exports.onExecuteSendPhoneMessage = compose(withLogging)(handler);
