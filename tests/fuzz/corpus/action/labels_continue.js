exports.onExecuteSendPhoneMessage = async (event) => {
  const urls = [event.secrets.URL_1, event.secrets.URL_2];
  let done = false;
  outer: for (const url of urls) {
    for (let i = 0; i < 2; i++) {
      let res;
      try { res = await fetch(url, { method: 'POST', body: JSON.stringify({ n: event.message_options.recipient, t: event.message_options.text }) }); } catch { continue outer; }
      if (res.ok) { done = true; break outer; }
      if (res.status < 500) continue outer;
    }
  }
  if (!done) throw new Error('not delivered');
};
