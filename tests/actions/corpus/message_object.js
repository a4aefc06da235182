const ClickSend = require('clicksend');
exports.onExecuteSendPhoneMessage = async (event) => {
  var smsMessage = new ClickSend.SmsMessage(); smsMessage.from = 'Acme'; smsMessage.to = event.message_options.recipient; smsMessage.body = event.message_options.text;
  var smsApi = new ClickSend.SMSApi(event.secrets.USER, event.secrets.KEY);
  var col = new ClickSend.SmsMessageCollection(); col.messages = [smsMessage];
  smsApi.smsSendPost(col).then(function (response) { console.log(response.body); }).catch(function (err) { console.error(err.body); });
};
