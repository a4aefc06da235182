"""Why a tenant is blocked whose code or gateway URL holds a key: a plan would keep it in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phonefleet.actions.embedded_secrets import masked_lines
from phonefleet.actions.translation_model import Translation
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import ActionState, SmsConnection
from phonefleet.secrets.url_keys import url_keys


def key_blockers(
    made: Translation,
    account: TranslationReport,
    *,
    actions: Iterable[ActionState] = (),
    connections: Iterable[SmsConnection] = (),
) -> Iterator[Reason]:
    """One reason for each source that holds a key: its value would stand in the plan and in the ledger.

    Args:
        made: what would be created.
        account: the account of it, masked.
        actions: the Actions it is made from.
        connections: the connections whose gateways it is made from.
    """
    found = [*_keys_in_code(actions), *_keys_in_urls(connections)]
    if not found and account.translation != made.code:
        lines = ", ".join(str(line) for line in masked_lines(account.translation))
        found = [
            _key_in_code(f"the Action made from {account.name}", f"Action made from {account.name}", lines)
        ]
    yield from found


def _keys_in_code(actions: Iterable[ActionState]) -> Iterator[Reason]:
    for action in actions:
        if action.whole:
            lines = ", ".join(str(line) for line in masked_lines(action.code))
            yield _key_in_code(f"the code of Action {action.name}", f"GET actions/actions/{action.id}", lines)


def _key_in_code(what: str, endpoint: str, lines: str) -> Reason:
    return Reason(
        code=ReasonCode.KEY_IN_CODE,
        message=f"{what} holds what looks like a key (line {lines}), and no key is written into a plan: move "
        "its value into a secret of the Action (event.secrets.NAME), deploy it, and supply a reference to it under "
        "target.action_secrets; if it is no key, accept that by name (target.approve: [key_in_code]): plan and ledger "
        "hold it then",
        evidence=(Evidence(endpoint=endpoint, field="code", value=f"line {lines}"),),
    )


def _keys_in_urls(connections: Iterable[SmsConnection]) -> Iterator[Reason]:
    for connection in connections:
        gateway = connection.gateway
        if gateway and gateway.whole:
            what = ", ".join(dict.fromkeys(key.what for key in url_keys(gateway.address)))
            yield Reason(
                code=ReasonCode.KEY_IN_GATEWAY_URL,
                message=f"the gateway URL of connection {connection.name} holds what looks like a key ({what}), and no "
                "key is written into a plan: give the gateway a URL without it and let it check the signed token "
                "instead (gateway_authentication, its secret under target.gateway_secret); if it is no key, accept "
                "that by name (target.approve: [key_in_gateway_url]): plan and ledger hold it then",
                evidence=(
                    Evidence(
                        endpoint=f"GET connections/{connection.id}",
                        field="options.gateway_url",
                        value=gateway.url,
                    ),
                ),
            )
