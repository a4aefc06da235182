/** Build the legacy event: message fields mapped by meaning; all other objects with their documented fields only. */
function phonefleetEvent(event) {
  const notification = event.notification;
  const spoken = notification.delivery_method === 'voice';
  const message = {
    action: notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication',
    code: notification.code,
    language: notification.locale,
    message_type: spoken ? 'voice' : 'sms',
    recipient: notification.recipient,
    text: spoken ? notification.as_voice : notification.as_text,
  };
  for (const key of Object.keys(message)) if (message[key] === undefined) delete message[key];
  const legacy = {
    /*{{MESSAGE}}*/
    request: phonefleetPick(event.request, /*{{REQUEST_FIELDS}}*/),
    tenant: phonefleetPick(event.tenant, /*{{TENANT_FIELDS}}*/),
    user: phonefleetPick(event.user, /*{{USER_FIELDS}}*/),
  };
  if (event.custom_domain) {
    legacy.custom_domain = phonefleetPick(event.custom_domain, /*{{CUSTOM_DOMAIN_FIELDS}}*/);
  }
  if (event.transaction) legacy.transaction = phonefleetPick(event.transaction, /*{{TRANSACTION_FIELDS}}*/);
  if (event.configuration) legacy.configuration = event.configuration;
  legacy.secrets = /*{{SECRETS}}*/;
  if (event.client) {
    legacy.client = phonefleetPick(event.client, /*{{CLIENT_FIELDS}}*/);
    if (event.client.metadata !== undefined) legacy.client.client_metadata = phonefleetCopy(event.client.metadata);
  }
  return legacy;
}

/** Copy the named fields that exist, in their original order. */
function phonefleetPick(from, names) {
  const kept = Object.entries(from || {}).filter(([name]) => names.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, phonefleetCopy(value)]));
}

/** Copy plain data, so that legacy code that changes its event changes nothing else. */
function phonefleetCopy(value) {
  if (Array.isArray(value)) return value.map(phonefleetCopy);
  if (value === null || typeof value !== 'object') return value;
  return phonefleetPick(value, Object.keys(value));
}

/** The api of the legacy trigger: the cache. */
function phonefleetApi(api) {
  return {
    cache: {
      get: (...args) => api.cache.get(...args),
      set: (...args) => api.cache.set(...args),
      delete: (...args) => api.cache.delete(...args),
    },
  };
}
