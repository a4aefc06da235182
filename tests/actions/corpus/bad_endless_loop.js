exports.onExecuteSendPhoneMessage = async (event) => {
  while (event.message_options.text) {}
};
