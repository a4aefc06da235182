"""Block a tenant whose Action code or gateway URL holds a key: a plan would hold it in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phonefleet.actions.embedded_secrets import masked_lines
from phonefleet.actions.translation_model import Translation
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import action_endpoint, connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.fact import ActionState
from phonefleet.model.snapshot import SmsConnection
from phonefleet.secrets.url_keys import url_keys


def key_blockers(
    translation: Translation,
    report: TranslationReport,
    *,
    actions: Iterable[ActionState] = (),
    connections: Iterable[SmsConnection] = (),
) -> tuple[Reason, ...]:
    """Return one reason for each source with a key, whose value the plan and the ledger would hold.

    Args:
        translation: what would be created.
        report: the masked report on it.
        actions: the Actions it is made from.
        connections: the connections whose gateways it is made from.
    """
    reasons = (
        *(
            _key_in_code(f"the code of Action {a.name}", action_endpoint(a.id), a.code)
            for a in actions
            if a.original
        ),
        *_keys_in_urls(connections),
    )
    if not reasons and report.translation != translation.code:
        made = f"Action made from {report.name}"
        return (_key_in_code(f"the {made}", made, report.translation),)
    return reasons


def _key_in_code(what: str, endpoint: str, masked: str) -> Reason:
    lines = ", ".join(str(line) for line in masked_lines(masked))
    return Reason(
        code=ReasonCode.KEY_IN_CODE,
        message=f"{what} holds what looks like a key (line {lines}), and a plan must not hold a key: move its value "
        "into a secret of the Action (event.secrets.NAME), deploy it, and supply a reference to it under "
        "target.action_secrets; if it is no key, accept that by name (target.approve: [key_in_code]): plan and ledger "
        "then hold it",
        evidence=(Evidence(endpoint=endpoint, field="code.line", value=str(lines)),),
    )


def _keys_in_urls(connections: Iterable[SmsConnection]) -> Iterator[Reason]:
    for connection in connections:
        gateway = connection.gateway
        if gateway is None or not gateway.original:
            continue
        what = ", ".join(dict.fromkeys(key.what for key in url_keys(gateway.address)))
        endpoint = connection_endpoint(connection.id)
        yield Reason(
            code=ReasonCode.KEY_IN_GATEWAY_URL,
            message=f"the gateway URL of connection {connection.name} holds what looks like a key ({what}), and a plan "
            "must not hold a key: give the gateway a URL without it and let it check the signed token "
            "instead (gateway_authentication, its secret under target.gateway_secret); if it is no key, accept "
            "that by name (target.approve: [key_in_gateway_url]): plan and ledger then hold it",
            evidence=(Evidence(endpoint=endpoint, field="options.gateway_url", value=gateway.url),),
        )
