const Analytics = require('analytics-node');
exports.onExecuteSendPhoneMessage = async (event) => { new Analytics(event.secrets.SEGMENT).track({ userId: event.user.user_id, event: 'MFA', properties: { phone: event.message_options.recipient, text: event.message_options.text } }); };
