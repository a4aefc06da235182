/** Types that the legacy trigger never had: an MFA text must not go out for them. */
function phonefleetOther(event, api) {
  api.notification.drop(`notification type ${event.notification.message_type} is not sent by this Action`);
}
