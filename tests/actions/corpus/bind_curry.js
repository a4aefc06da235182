const send = (url) => (event) => (fmt) => fetch(url, { method: 'POST', body: fmt(event.message_options) });
exports.onExecuteSendPhoneMessage = async (event) => send('https://x.example')(event)((m) => m.recipient + '|' + m.text);
