const a = require('twilio')('AC0123456789abcdef0123456789abcdef', '0123456789abcdef' + '0123456789abcdef');
exports.onExecuteSendPhoneMessage = async (event) => { await fetch(`https://a:b@x.example/?api_key=K7f93kdLq2xzz81`); };
