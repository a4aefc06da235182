const INTL = /^\+(\d{1,3})[- ]?/g;
exports.onExecuteSendPhoneMessage = async (event) => {
  INTL.lastIndex = 0;
  const match = INTL.exec(event.message_options.recipient);
  const cc = match ? match[1] : '1';
  await fetch('https://sms.example.com/send', { method: 'POST', headers: { 'x-key': event.secrets.KEY }, body: JSON.stringify({ cc, to: event.message_options.recipient.replace(/[-\s()]/g, ''), text: event.message_options.text }) });
};
