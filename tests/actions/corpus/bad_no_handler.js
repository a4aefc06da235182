exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('x', 1);
};
