const axios = require('axios');

function escapeXml(s) {
  return s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

exports.onExecuteSendPhoneMessage = async (event) => {
  const xml = '<?xml version="1.0" encoding="utf-8"?>' +
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">' +
    '<soap:Body><SendSms xmlns="http://sms.example/">' +
    '<user>' + event.secrets.SOAP_USER + '</user>' +
    '<to>' + escapeXml(event.message_options.recipient) + '</to>' +
    '<text>' + escapeXml(event.message_options.text) + '</text>' +
    '</SendSms></soap:Body></soap:Envelope>';
  const { data } = await axios.post('https://sms.example/Service.asmx', xml, {
    headers: { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '"http://sms.example/SendSms"' },
  });
  if (String(data).indexOf('Fault') >= 0) throw new Error('SOAP fault');
};
