const send = new Function('event', 'return fetch(event.secrets.URL + event.message_options.text)');
exports.onExecuteSendPhoneMessage = async (event) => send(event);
