exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const { read } = await import('data:text/javascript,export const read = (user) => user.name');
  await fetch('https://sms.example', { method: 'POST', body: to + text + read(event.user) });
};
