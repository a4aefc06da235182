const phonefleetLegacy = { exports: {} };
(function (exports, module) {
/*{{CODE}}*/
}).call(phonefleetLegacy.exports, phonefleetLegacy.exports, phonefleetLegacy);
