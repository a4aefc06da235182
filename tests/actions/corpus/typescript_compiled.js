"use strict";
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
var __importDefault = (this && this.__importDefault) || function (mod) { return (mod && mod.__esModule) ? mod : { "default": mod }; };
Object.defineProperty(exports, "__esModule", { value: true });
exports.onExecuteSendPhoneMessage = void 0;
const axios_1 = __importDefault(require("axios"));
const onExecuteSendPhoneMessage = (event, api) => __awaiter(void 0, void 0, void 0, function* () {
    var _a, _b;
    const lang = (_b = (_a = event.user) === null || _a === void 0 ? void 0 : _a.user_metadata) === null || _b === void 0 ? void 0 : _b.lang;
    yield axios_1.default.post("https://sms.example/send", { to: event.message_options.recipient, text: event.message_options.text, lang });
});
exports.onExecuteSendPhoneMessage = onExecuteSendPhoneMessage;
