"""Describe a simulated tenant that answers as a snapshot says the real one did. Pure.

A snapshot holds no secrets, so each gets a stand-in. What lies outside of Auth0 (Twilio, gateways, carriers) is taken
to accept everything that it is sent: a snapshot can't know what it would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from configs import TenantRef, TokenEndpointAuthMethod
from configs.fleet import Tier
from flows.rehearsal.stand_ins import StandIns, made_up, unmasked_code, unmasked_url, value_for
from flows.rehearsal.twin_logs import described_logs
from phonefleet.model.assessment import Assessment
from phonefleet.model.endpoints import (
    DATABASE_CONNECTIONS,
    LEGACY_TRIGGER,
    PHONE_PROVIDERS,
    PROVIDER_TRIGGER,
    UPE_FLAG,
)
from phonefleet.model.enums import ReasonCode
from phonefleet.model.fact import ActionContent, ActionState
from phonefleet.model.snapshot import Gateway, PhoneProvider, PhoneTemplate, SmsConnection, Snapshot
from simulator.described import DescribedAction, DescribedContent, Description
from simulator.kinds import LegacyAccess
from simulator.ratelimit import Tier as SimulatedTier
from simulator.state import Traffic

Json = dict[str, Any]
_SLOWEST = SimulatedTier.FREE
_REFUSED = frozenset({ReasonCode.CREDENTIALS_REJECTED})


@dataclass(frozen=True, slots=True)
class Twin:
    """A simulated tenant to make: its domain in the simulator, and its description."""

    domain: str
    description: Description


def describe_twin(
    snapshot: Snapshot, ref: TenantRef, stand_ins: StandIns, traffic: Iterable[Traffic] = ()
) -> Twin:
    """Return the twin of a tenant.

    Args:
        snapshot: what was last read of the tenant.
        ref: the tenant in the fleet file.
        stand_ins: where its secrets' values come from.
        traffic: the messages that its users request.
    """
    maker = _Maker(snapshot, ref, stand_ins)
    return Twin(domain=maker.domain, description=maker.description(tuple(traffic)))


def describe_unread(ref: TenantRef, assessment: Assessment, stand_ins: StandIns) -> Twin | None:
    """Return the twin of a tenant that could not be read: it can't be read for the same reason.

    None is for a tenant that did not answer: the simulator does not know its domain either.
    """
    codes = {reason.code for reason in assessment.reasons}
    if not codes & (_REFUSED | {ReasonCode.INSUFFICIENT_SCOPE}):
        return None
    domain = canonical_domain(ref)
    client: Json = {"client_id": ref.client_id, "name": "Phone migration", "app_type": "non_interactive"}
    client |= {"tenant": domain.partition(".")[0], "global": False, "is_first_party": True}
    refused = bool(codes & _REFUSED)
    client["client_secret"] = made_up(f"{domain} other") if refused else stand_ins.of(ref.credential)
    audience = f"https://{domain}/api/v2/"
    grant: Json = {"id": "cgr_1", "client_id": ref.client_id, "audience": audience, "scope": []}
    description = Description(
        management_client_id=ref.client_id,
        tier=simulated_tier(ref.tier),
        clients=(client,),
        grants=(grant,),
        hidden={"custom_domains": [ref.domain] if domain != ref.domain else []},
    )
    return Twin(domain, description)


def canonical_domain(ref: TenantRef) -> str:
    """Return the domain that the audience names, where the fleet file has a tenant under a custom domain."""
    return (urlsplit(ref.audience).hostname or ref.domain) if ref.audience else ref.domain


def simulated_tier(tier: Tier) -> SimulatedTier:
    """Return the simulator's class of rate limit; the slowest for an unknown one."""
    return _SLOWEST if tier is Tier.UNKNOWN else SimulatedTier(tier)


class _Maker:
    def __init__(self, snapshot: Snapshot, ref: TenantRef, stand_ins: StandIns) -> None:
        self._snapshot, self._ref, self._stand_ins = snapshot, ref, stand_ins
        self.domain = canonical_domain(ref)
        twilio = ref.target.twilio
        self._twilio_token = stand_ins.of(twilio.auth_token) if twilio else made_up(f"{ref.domain} Twilio")
        gateway = ref.target.gateway_secret
        self._gateway_secret = stand_ins.of(gateway) if gateway else made_up(f"{ref.domain} gateway", 64)
        self._secrets = {name: stand_ins.of(each, name) for name, each in ref.target.action_secrets.items()}

    def description(self, traffic: tuple[Traffic, ...]) -> Description:
        snapshot = self._snapshot
        actions = tuple(map(self._action, (*snapshot.legacy_actions, *snapshot.custom_actions)))
        return Description(
            management_client_id=self._ref.client_id,
            tier=simulated_tier(self._ref.tier),
            settings=self._settings(),
            guardian=self._guardian(),
            hidden=self._hidden(),
            clients=tuple(self._clients()),
            grants=tuple(self._grants()),
            connections=tuple(self._connections()),
            providers=tuple(map(self._provider, snapshot.providers)),
            templates=tuple(self._template(each) for each in snapshot.templates if each.id),
            actions=actions,
            logs=described_logs(snapshot),
            traffic=traffic,
        )

    def _settings(self) -> Json:
        flag, name = self._snapshot.flag, self._snapshot.friendly_name
        settings: Json = {} if flag is None else {UPE_FLAG: flag}
        return settings | ({"friendly_name": name} if name else {})

    def _guardian(self) -> Json:
        snapshot = self._snapshot
        guardian: Json = {
            "factors": {"sms": snapshot.factor_enabled},
            "message_types": [str(each) for each in snapshot.message_types],
            "policies": list(snapshot.policies),
            "selected_provider": snapshot.selected_provider or "auth0",
        }
        if snapshot.twilio:
            guardian["twilio"] = {
                "sid": snapshot.twilio.sid or None,
                "from": snapshot.twilio.default_from or None,
                "messaging_service_sid": snapshot.twilio.mssid or None,
                "auth_token": self._twilio_token if snapshot.twilio.has_token else None,
            }
        texts = {
            "enrollment_message": snapshot.enrollment_template,
            "verification_message": snapshot.verification_template,
        }
        if set(texts.values()) != {None}:
            guardian["templates"] = {name: text for name, text in texts.items() if text is not None}
        return guardian

    def _hidden(self) -> Json:
        snapshot, ref = self._snapshot, self._ref
        by_key = ref.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT
        on_without_toggle = snapshot.flag is None and snapshot.on_upe
        hidden: Json = {
            "has_toggle": snapshot.flag is not None,
            "upe_without_toggle": on_without_toggle,
            "legacy_access": LegacyAccess.CLOSED if snapshot.legacy_refusal else LegacyAccess.OPEN,
            "custom_domains": [ref.domain] if self.domain != ref.domain else [],
            "twilio_accounts": self._accounts(),
            "action_secrets": self._secrets,
            "gateway_secret": self._gateway_secret,
            "public_keys": [self._stand_ins.key_pair(ref).public] if by_key else [],
            "outside_accepts": True,
        }
        return hidden | self._not_offered()

    def _not_offered(self) -> Json:
        """Return the families of endpoints that the tenant's deployment or plan lacks, with their answers."""
        paths: dict[str, str] = {}
        triggers: list[str] = []
        for refusal in self._snapshot.not_offered:
            path = f"/{refusal.endpoint.removeprefix('GET ').partition('?')[0]}"
            for trigger in (LEGACY_TRIGGER, PROVIDER_TRIGGER):
                if trigger in refusal.endpoint:
                    triggers.append(trigger)
                    break
            else:
                # Writes below the path are not offered either.
                family = "/branding/phone" if refusal.endpoint == PHONE_PROVIDERS else path
                gone = refusal.status == HTTPStatus.NOT_FOUND
                paths[family] = "404" if gone else refusal.error_code
        return {"not_offered": paths, "triggers_missing": sorted(set(triggers))}

    def _accounts(self) -> dict[str, Json]:
        """Return every Twilio account that the tenant names, so that the twin's Twilio has it."""
        snapshot, target = self._snapshot, self._ref.target.twilio
        named = [(t.sid, t.default_from, t.mssid) for t in (snapshot.twilio, target) if t and t.sid]
        named += [
            (c.twilio.sid, c.twilio.default_from, c.twilio.mssid) for c in snapshot.connections if c.twilio
        ]
        named += [(p.sid, p.default_from, p.mssid) for p in snapshot.providers]
        accounts: dict[str, Json] = {}
        for sid, number, service in named:
            if sid:
                account = accounts.setdefault(
                    sid, {"token": self._twilio_token, "numbers": [], "services": []}
                )
                account["numbers"] += [number] if number and number not in account["numbers"] else []
                account["services"] += [service] if service and service not in account["services"] else []
        return accounts

    def _clients(self) -> Iterable[Json]:
        snapshot, ref = self._snapshot, self._ref
        names = {use.client_id: use.client_name for use in snapshot.usage}
        names |= {access.client_id: access.client_name for access in snapshot.access}
        enabled = [c.enabled_clients for c in snapshot.connections]
        enabled += [i.enabled_clients for i in snapshot.identifiers]
        names |= {client: names.get(client, client) for clients in enabled for client in clients}
        name = names.pop(ref.client_id, "") or "Phone migration"
        own = self._client(ref.client_id, name, "non_interactive")
        if ref.token_endpoint_auth_method is TokenEndpointAuthMethod.PRIVATE_KEY_JWT:
            own["client_authentication_methods"] = {"private_key_jwt": {"credentials": [{"id": "cred_1"}]}}
        else:
            own["client_secret"] = self._stand_ins.of(ref.credential)
        yield own
        for identity, name in names.items():
            yield self._client(identity, name, "regular_web")

    def _client(self, identity: str, name: str, app_type: str) -> Json:
        head: Json = {"client_id": identity, "name": name, "app_type": app_type}
        return head | {"tenant": self.domain.partition(".")[0], "global": False, "is_first_party": True}

    def _grants(self) -> Iterable[Json]:
        """Return grants in the order of the snapshot; phonefleet's own one has all its scopes."""
        scopes = {each.client_id: list(each.scopes) for each in self._snapshot.access}
        scopes[self._ref.client_id] = sorted(self._snapshot.scopes)
        for number, (client, granted) in enumerate(scopes.items(), 1):
            audience = f"https://{self.domain}/api/v2/"
            yield {"id": f"cgr_{number}", "client_id": client, "audience": audience, "scope": granted}

    def _connections(self) -> Iterable[Json]:
        for connection in self._snapshot.connections:
            yield _connection(connection.id, connection.name, "sms", connection.enabled_clients) | {
                "options": self._options(connection)
            }
        if any(refusal.endpoint == DATABASE_CONNECTIONS for refusal in self._snapshot.unread):
            # What is not shown of it is not known; that there is one is.
            yield _connection("con_database", "Username-Password-Authentication", "auth0", ()) | {
                "options": {}
            }
        for identifier in self._snapshot.identifiers:
            active = {"attributes": {"phone_number": {"identifier": {"active": True}}}}
            yield _connection(identifier.id, identifier.name, "auth0", identifier.enabled_clients) | {
                "options": active
            }

    def _options(self, connection: SmsConnection) -> Json:
        options: Json = {"name": connection.name, "disable_signup": False, "brute_force_protection": True}
        if connection.options_hidden:
            return options
        if connection.twilio:
            twilio = connection.twilio
            options |= {"twilio_sid": twilio.sid or None, "messaging_service_sid": twilio.mssid or None}
            options["twilio_token"] = self._twilio_token if twilio.has_token else None
        if connection.gateway:
            options |= self._gateway(connection.gateway)
        if connection.use_phone_provider is not None:
            options["use_phone_provider"] = connection.use_phone_provider
        texts = {"template": connection.template, "syntax": connection.syntax, "from": connection.sender}
        return options | {key: text for key, text in texts.items() if text}

    def _gateway(self, gateway: Gateway) -> Json:
        options: Json = {
            "provider": "sms_gateway",
            "gateway_url": unmasked_url(gateway.url),
            "forward_req_info": gateway.forward_req_info,
        }
        if gateway.auth_method or gateway.has_secret:
            options["gateway_authentication"] = {
                "method": gateway.auth_method,
                "subject": gateway.subject,
                "audience": gateway.audience,
                "secret_base64_encoded": gateway.secret_base64_encoded,
                "secret": self._gateway_secret if gateway.has_secret else None,
            }
        return options

    def _provider(self, provider: PhoneProvider) -> Json:
        configuration: Json = {"delivery_methods": list(provider.delivery_methods)}
        named = {"sid": provider.sid, "default_from": provider.default_from, "mssid": provider.mssid}
        configuration |= {key: value for key, value in named.items() if value}
        twilio = provider.name == "twilio"
        at = (provider.updated_at or self._snapshot.taken_at).isoformat().replace("+00:00", "Z")
        head: Json = {"id": provider.id, "tenant": self.domain, "name": provider.name, "channel": "phone"}
        return head | {
            "disabled": provider.disabled,
            "configuration": configuration,
            "credentials": {"auth_token": self._twilio_token} if twilio else {},
            "created_at": at,
            "updated_at": at,
        }

    def _template(self, template: PhoneTemplate) -> Json:
        at = self._snapshot.taken_at.isoformat().replace("+00:00", "Z")
        content: Json = {
            "syntax": template.syntax,
            "body": {key: text for key, text in (("text", template.text), ("voice", template.voice)) if text},
        }
        content |= {"from": template.sender} if template.sender else {}
        head: Json = {"id": template.id, "tenant": self.domain, "channel": "phone", "type": template.type}
        return head | {"disabled": template.disabled, "created_at": at, "updated_at": at, "content": content}

    def _action(self, state: ActionState) -> DescribedAction:
        runs = self._content(state)
        draft = self._content(state.draft) if state.draft else runs
        return DescribedAction(
            id=state.id,
            name=state.name,
            supported_triggers=tuple(self._trigger(state, name) for name in state.triggers),
            draft=draft,
            number=(state.version or 1) if state.deployed else 0,
            version_id=state.version_id,
            deployed=runs if state.draft and state.deployed else None,
            bound=(LEGACY_TRIGGER,) if state.bound else (),
        )

    @staticmethod
    def _trigger(state: ActionState, name: str) -> Json:
        version = state.trigger_version if name == LEGACY_TRIGGER else "v1"
        return {"id": name, "version": version} if version else {"id": name}

    def _content(self, content: ActionContent) -> DescribedContent:
        for name in content.secret_names:
            self._secrets.setdefault(name, value_for(name, f"{self._ref.domain} {name}"))
        return DescribedContent(
            code=unmasked_code(content.code),
            dependencies=tuple({"name": d.name, "version": d.version} for d in content.dependencies),
            runtime=content.runtime or "node22",
            secrets={name: self._secrets[name] for name in content.secret_names},
        )


def _connection(identity: str, name: str, strategy: str, clients: tuple[str, ...]) -> Json:
    return {
        "id": identity,
        "name": name,
        "strategy": strategy,
        "is_domain_connection": False,
        "enabled_clients": list(clients),
        "realms": [name],
    }
