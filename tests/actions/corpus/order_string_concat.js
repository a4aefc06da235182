exports.onExecuteSendPhoneMessage = async (event) => {
  const pairs = Object.entries({ ...event.message_options }).map(([k, v]) => `${k}=${v}`).join('&');
  await fetch('https://x.example?' + pairs);
};
