exports.onExecuteSendPhoneMessage = (event) => new Promise(() => {
  const again = () => setTimeout(again, 1);
  again();
});
