"""Find changes that no read shows: credentials of the provider, values of an Action's secrets.

Importing a Deploy CLI export writes the literal `##TWILIO_AUTH_TOKEN##` as the token. Auth0 accepts it, every field
that a read shows is as before, and no message is delivered. So what a read does show is watched: the provider's
`updated_at`, the number of the Action's deployed version, and the log entries of writes to both.
"""

from __future__ import annotations

from collections.abc import Iterator

from phonefleet.assessment.drift import Difference, Subject, differences
from phonefleet.model.ownership import OwnerKind, PhoneSetting
from phonefleet.model.snapshot import Snapshot


def unseen_changes(recorded: Snapshot, now: Snapshot) -> tuple[Difference, ...]:
    """Return what may have been overwritten since the last change by phonefleet, or since the last test that passed.

    Args:
        recorded: the tenant then.
        now: the tenant now.
    """
    return (*_of_provider(recorded, now), *_of_actions(recorded, now))


def is_unchanged(recorded: Snapshot, now: Snapshot) -> bool:
    """Whether nothing that compliance compares has changed, so that who depends on the provider need not be read."""
    return not differences(recorded, now) and not unseen_changes(recorded, now)


def settled(recorded: Snapshot, now: Snapshot) -> Snapshot:
    """Return the recorded state with the marks of now: a test message was delivered, so they hold working credentials.

    Every other field stays as it was recorded, so that a difference is still one.
    """
    provider = now.provider
    providers = tuple(
        p.model_copy(update={"updated_at": provider.updated_at}) if provider and p.id == provider.id else p
        for p in recorded.providers
    )
    versions = {action.id: action.version for action in now.custom_actions}
    actions = tuple(
        a.model_copy(update={"version": versions.get(a.id, a.version)}) for a in recorded.custom_actions
    )
    update = {"taken_at": now.taken_at, "providers": providers, "custom_actions": actions}
    return recorded.model_copy(update=update)


def _of_provider(recorded: Snapshot, now: Snapshot) -> Iterator[Difference]:
    before, provider = recorded.provider, now.provider
    if before is None or provider is None or before.id != provider.id:
        return
    # A recorded state of an earlier version has no such mark.
    moved = before.updated_at is not None and before.updated_at != provider.updated_at
    subject = Subject((PhoneSetting.PHONE_PROVIDER,), provider.id)
    if moved or _is_written(recorded, now, subject):
        yield Difference(
            field="provider credentials",
            was=f"written {before.updated_at or 'at an unknown time'}",
            now=f"written {provider.updated_at or 'at an unknown time'}, so they may be others",
            subject=subject,
        )


def _of_actions(recorded: Snapshot, now: Snapshot) -> Iterator[Difference]:
    before = {action.id: action for action in recorded.custom_actions}
    for action in now.custom_actions:
        known = before.get(action.id)
        if known is None:
            continue
        subject = Subject((PhoneSetting.ACTION,), action.id)
        deployed = known.version not in (0, action.version)
        if deployed or (not known.version and _is_written(recorded, now, subject)):
            yield Difference(
                field=f"Action {action.name} secrets",
                was=f"of version {known.version or 'unknown'}",
                now=f"of version {action.version or 'unknown'}, so their values may be others",
                subject=subject,
            )


def _is_written(recorded: Snapshot, now: Snapshot, subject: Subject) -> bool:
    """Whether the logs show a write to it by another program since the recorded state."""
    return any(
        write.at > recorded.taken_at
        for write in now.writes
        if subject.fits(write) and write.writer.kind is not OwnerKind.PHONEFLEET and write.method != "DELETE"
    )
