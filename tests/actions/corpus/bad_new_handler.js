exports.onExecuteSendPhoneMessage = async (event) => {};
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  await fetch('https://sms.example', { method: 'POST', body: event.notification.as_text });
};
