const ctx = {
  init(event) { this.event = event; this.opts = event.message_options; return this; },
  get to() { return this.opts.recipient; },
  body() { return new URLSearchParams({ To: this.to, Body: this.opts.text }); },
  async run() { const r = await fetch('https://x.example', { method: 'POST', body: this.body() }); if (!r.ok) throw new Error('no'); },
};
exports.onExecuteSendPhoneMessage = async (event) => ctx.init(event).run();
