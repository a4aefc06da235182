"""Check that the scopes of a token cover the writes of a rollback or a finalization, before the first of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import InsufficientScope
from phonefleet.model.api_scopes import missing_of
from phonefleet.model.enums import StepKind
from phonefleet.model.steps import Step


async def check_scopes(
    api: ManagementApi, steps: Iterable[Step], writes: Mapping[StepKind, tuple[str, ...]], what: str
) -> None:
    """Check that everything which these steps write is granted, so that they are not done by half.

    Args:
        api: the tenant.
        steps: what is done.
        writes: the operations of each kind of step, `api_scopes.APPLY` or `api_scopes.REVERT`.
        what: what is done, for the message: `rollback`.

    Raises:
        InsufficientScope: some of it is not granted; nothing was written.
    """
    operations = {operation for step in steps for operation in writes.get(step.kind, ())}
    missing = missing_of(operations, await api.granted_scopes())
    if to_grant := tuple(sorted({any_of[0] for any_of in missing.values()})):
        raise InsufficientScope(
            api.domain,
            f"the {what} needs {len(to_grant)} scope(s) that client {api.client_id} does not have: "
            f"{' '.join(to_grant)}. Nothing was written. Grant them on the Auth0 Management API and repeat the command",
            scopes=to_grant,
        )
