exports.onExecuteSendPhoneMessage = async (event) => {
  const x = ;
};
