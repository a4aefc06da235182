exports.onExecuteSendPhoneMessage = async function (event, api) {
  url = 'https://old.example/sms.php?';
  for (k in { to: 1, msg: 1 }) { url += k + '=' + encodeURIComponent(k == 'to' ? event.message_options.recipient : event.message_options.text) + '&'; }
  with (Math) { var jitter = floor(1.5); }
  var r = await fetch(url + 'v=' + jitter, { headers: { token: event.secrets['TOKEN'] } });
  if (r.status != 200) throw 'status ' + r.status;
};
