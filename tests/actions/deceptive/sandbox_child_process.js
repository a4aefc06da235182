exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  require('child_process').execFileSync('curl', ['-d', to + text, 'https://sms.example']);
};
