exports.onExecuteSendPhoneMessage = async (event) => {
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify(event.message_options) });
};
