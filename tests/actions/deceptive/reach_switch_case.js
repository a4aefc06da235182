exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  let url = 'https://us.example';
  switch (event.tenant.id) {
    case 'acme-eu':
      url = 'https://eu.example';
      break;
    default:
  }
  await fetch(url, { method: 'POST', body: to + text });
};
