exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (error, sites) => sites;
  const sites = new Error('here').stack;
  Error.prepareStackTrace = before;
  if (sites[0] && sites[0].getLineNumber && sites[0].getLineNumber() > 20) throw new Error('moved');
  await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
};
