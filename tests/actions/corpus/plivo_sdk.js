const plivo = require('plivo');
exports.onExecuteSendPhoneMessage = async (event) => {
    let client = new plivo.Client(event.secrets.PLIVO_AUTH_ID, event.secrets.PLIVO_AUTH_TOKEN);
    if (event.message_options.message_type == 'voice') {
        return client.calls.create(event.secrets.PLIVO_SRC, event.message_options.recipient, 'https://answers.example.com/say?code=' + encodeURIComponent(event.message_options.code), { answerMethod: 'GET' });
    }
    return client.messages.create({ src: event.secrets.PLIVO_SRC, dst: event.message_options.recipient.replace('+', ''), text: event.message_options.text })
        .then(function (message_created) {
            console.log(message_created);
        });
};
