// Send one-time codes only. Drop all other notifications and those that fail: a retry could send a message twice.
async function /*{{GUARD}}*/(send, event, api) {
  /*{{OTHER}}*/
  try {
    return await send(event, api);
  } catch (error) {
    return api.notification.drop(String((error && error.message) || error).slice(0, 500));
  }
}
