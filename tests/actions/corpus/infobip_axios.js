const axios = require("axios");

const buildUrl = (domain) => `https://${domain}/sms/2/text/advanced`;
const buildHeaders = (apiKey) => ({ "Content-Type": "application/json", Authorization: `App ${apiKey}` });
const buildBody = (to, from, text) => ({ messages: [{ destinations: [{ to }], from, text }] });
const parse = ({ data }) => {
  const [{ messageId, status }] = data.messages;
  return { success: true, messageId, status };
};

exports.onExecuteSendPhoneMessage = async (event) => {
  const { INFOBIP_DOMAIN: domain, INFOBIP_API_KEY: key, INFOBIP_FROM: from = "InfoSMS" } = event.secrets;
  const { recipient, text } = event.message_options;
  const result = await axios
    .post(buildUrl(domain), buildBody(recipient, from, text), { headers: buildHeaders(key) })
    .then(parse)
    .catch((error) => {
      const e = error.response ? error.response.data : error.message;
      throw new Error(JSON.stringify(e));
    });
  console.log(result);
};
