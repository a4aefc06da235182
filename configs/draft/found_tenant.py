"""A tenant as a source describes it, before a fleet file is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from configs.problems import Origin
from configs.tree import Node, Table, Text, merged


@dataclass(frozen=True, slots=True)
class FoundTenant:
    """What a source says about one tenant. It never holds the value of a secret.

    Attributes:
        table: Keys of a tenant as a fleet file has them, each with the place that it was read from.
        credential_at: Where its application's secret or private key is kept now; empty if the source does not say.
        sends_by_twilio: Whether its legacy configuration has a Twilio account.
        signs_for_gateway: Whether a Passwordless gateway expects signed requests.
        action_secrets: Names of the secrets of its send-phone-message Actions.
        remarks: What the operator should know about the source; written beside the tenant as comments.
    """

    table: Table
    credential_at: str = ""
    sends_by_twilio: bool = False
    signs_for_gateway: bool = False
    action_secrets: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The tenant's domain in lower case; empty if the source has none."""
        node = self.table.get("domain")
        return str(node).strip().lower() if isinstance(node, Text) else ""

    def completed_by(self, other: FoundTenant) -> FoundTenant:
        """Return this tenant with what only another source says about it."""
        return replace(
            self,
            table=merged(other.table, self.table),
            credential_at=self.credential_at or other.credential_at,
            sends_by_twilio=self.sends_by_twilio or other.sends_by_twilio,
            signs_for_gateway=self.signs_for_gateway or other.signs_for_gateway,
            action_secrets=tuple(dict.fromkeys((*self.action_secrets, *other.action_secrets))),
            remarks=(*self.remarks, f"also in {other.table.origin.place}", *other.remarks),
        )


def text_at(node: Node | None, value: str = "", key: str = "") -> Text | None:
    """Return a text, or None: `value` for what a source writes in another form, `key` for another name."""
    if not isinstance(node, Text):
        return None
    origin = node.origin
    return Text(value or str(node), Origin(origin.file, origin.line, None, key) if key else origin)


def by_domain(sources: Iterable[Iterable[FoundTenant]]) -> list[FoundTenant]:
    """Merge the tenants of several sources, in their order: the first that names a tenant wins.

    Within one source a domain that occurs twice stays twice, to be reported.
    """
    known: dict[str, int] = {}
    merged_tenants: list[FoundTenant] = []
    for source in sources:
        own = list(source)
        for tenant in own:
            if tenant.domain in known:
                index = known[tenant.domain]
                merged_tenants[index] = merged_tenants[index].completed_by(tenant)
            else:
                merged_tenants.append(tenant)
        for index, tenant in enumerate(merged_tenants):
            known.setdefault(tenant.domain, index)
    return merged_tenants
