const phonefleetLegacy = { exports: {} };
(function (exports, module) {
/*{{CODE}}*/
}).call(phonefleetLegacy.exports, phonefleetLegacy.exports, phonefleetLegacy);
// Taken off its object, as Auth0 calls it: the handler has no `this`.
const phonefleetSend = phonefleetLegacy.exports.onExecuteSendPhoneMessage;
