exports.onExecuteSendPhoneMessage = async (event) => {
  await eval('fetch(event.secrets.URL, { method: "POST", body: event.message_options.text })');
};
