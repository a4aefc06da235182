exports.onExecuteSendPhoneMessage = async (event) => {
  console.log(event.message_options.recipient, event.message_options.text);
};
