exports.onExecuteSendPhoneMessage = async (event) => {
  const org = event.organization?.name;
  const from = org ? event.organization.metadata?.sender : 'ACME';
  await fetch('https://x.example', { method: 'POST', body: JSON.stringify({ from, to: event.message_options.recipient, text: event.message_options.text }) });
};
