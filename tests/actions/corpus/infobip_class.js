const axios = require('axios').default;
class InfobipSender {
  #base; #key;
  constructor({ INFOBIP_BASE_URL, INFOBIP_API_KEY }) { this.#base = INFOBIP_BASE_URL; this.#key = INFOBIP_API_KEY; }
  async send(to, text, from = 'InfoSMS') {
    const { data } = await axios.post(`${this.#base}/sms/2/text/advanced`, { messages: [{ destinations: [{ to }], from, text }] }, { headers: { Authorization: `App ${this.#key}` } });
    const status = data?.messages?.[0]?.status?.groupName;
    if (status === 'REJECTED' || status === 'UNDELIVERABLE') throw new Error(`rejected: ${status}`);
    return data;
  }
}
exports.onExecuteSendPhoneMessage = async ({ message_options: { recipient, text }, secrets, user }) => {
  const sender = new InfobipSender(secrets);
  await sender.send(recipient, text, user.app_metadata?.sms_sender);
};
