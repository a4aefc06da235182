const phonefleetLegacy = { exports: {} };
(function (exports, module) {
/*{{CODE}}*/
}).call(phonefleetLegacy.exports, phonefleetLegacy.exports, phonefleetLegacy);
// Auth0 calls the handler without `this`, so it is read from its object first.
const phonefleetSend = phonefleetLegacy.exports.onExecuteSendPhoneMessage;
