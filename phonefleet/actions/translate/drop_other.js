/** Drop notification types that the legacy trigger did not have: no MFA message may be sent for them. */
function phonefleetOther(event, api) {
  api.notification.drop(`notification type ${event.notification.message_type} is not sent by this Action`);
}
