const moment = require('moment');
const uuid = require('uuid');
const axios = require('axios');
exports.onExecuteSendPhoneMessage = async function onExecuteSendPhoneMessage(event, api) {
    var options = event.message_options;
    var reference = uuid.v4();
    var stamp = moment().format('YYYY-MM-DD HH:mm:ss');
    console.log('[' + stamp + '] ' + reference);
    try {
        var res = await axios({ method: 'POST', url: event.secrets.SMS_HOST + '/rest/send', data: { ref: reference, at: stamp, to: options.recipient, msg: options.text }, headers: { 'X-Key': event.secrets.KEY } });
        if (res.data.status == 'failed') { throw new Error(res.data.message); }
    } finally {
        console.log('done ' + reference);
    }
};
