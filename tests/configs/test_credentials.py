"""How a tenant's application proves its identity, as a fleet file says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs import ConfigError, SigningAlgorithm, TenantRef, TokenEndpointAuthMethod, load_fleet

KEY = "private_key: env:KEY"
JWT = "token_endpoint_auth_method: private_key_jwt"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "a-secret")
    monkeypatch.setenv("KEY", "a-key")


def load(folder: Path, *keys: str, defaults: str = "{}") -> TenantRef:
    lines = "".join(f"    {key}\n" for key in keys)
    path = folder / "fleet.yaml"
    path.write_text(
        f"fleet: a\ndefaults: {defaults}\ntenants:\n  - domain: acme.eu.auth0.com\n    client_id: abc\n{lines}"
    )
    return load_fleet(path).tenants[0]


def problem_of(folder: Path, *keys: str) -> tuple[int, str, str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, *keys)
    (problem,) = caught.value.problems
    return problem.line, problem.key, problem.fact


def test_a_client_secret_is_the_default(tmp_path: Path) -> None:
    tenant = load(tmp_path, "client_secret: env:SECRET")
    assert tenant.token_endpoint_auth_method is TokenEndpointAuthMethod.CLIENT_SECRET_POST
    assert str(tenant.credential) == "env:SECRET"
    assert (tenant.audience, tenant.signing_algorithm) == (None, None)


def test_a_private_key_replaces_the_secret(tmp_path: Path) -> None:
    tenant = load(tmp_path, JWT, KEY, "signing_algorithm: PS256")
    assert str(tenant.credential) == "env:KEY"
    assert tenant.signing_algorithm is SigningAlgorithm.PS256
    assert set(tenant.secret_refs()) == {"private_key"}


def test_a_default_secret_does_not_disturb_a_private_key(tmp_path: Path) -> None:
    tenant = load(tmp_path, JWT, KEY, defaults="{client_secret: env:SECRET}")
    assert str(tenant.credential) == "env:KEY"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), (4, "tenants[0].client_secret", "is required")),
        ((JWT,), (4, "tenants[0].private_key", "is required")),
        ((JWT, "client_secret: env:SECRET"), (4, "tenants[0].private_key", "is required")),
        (
            (JWT, "private_key: not-a-reference"),
            (7, "tenants[0].private_key", "must be a reference to a secret"),
        ),
        (
            ("client_secret: env:SECRET", KEY),
            (7, "tenants[0].private_key", "is not used by client_secret_post"),
        ),
        (
            ("client_secret: env:SECRET", "audience: https://acme.eu.auth0.com"),
            (7, "tenants[0].audience", "is not the identifier of a Management API"),
        ),
        (
            ("client_secret: env:SECRET", "token_endpoint_auth_method: client_secret_basic"),
            (7, "tenants[0].token_endpoint_auth_method", "'client_secret_basic' is not a known value"),
        ),
        (
            (JWT, KEY, "signing_algorithm: HS256"),
            (8, "tenants[0].signing_algorithm", "'HS256' is not a known value"),
        ),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, keys: tuple[str, ...], expected: tuple[int, str, str]
) -> None:
    line, key, fact = problem_of(tmp_path, *keys)
    assert (line, key) == expected[:2]
    assert fact.startswith(expected[2])


def test_an_audience_is_kept_as_written(tmp_path: Path) -> None:
    audience = "https://acme.eu.auth0.com/api/v2/"
    assert load(tmp_path, "client_secret: env:SECRET", f"audience: {audience}").audience == audience


@pytest.mark.parametrize(
    "tier", ["private_cloud_development", "private_cloud_basic", "private_cloud_500", "unknown"]
)
def test_every_tier_has_limits(tmp_path: Path, tier: str) -> None:
    assert load(tmp_path, "client_secret: env:SECRET", f"tier: {tier}").tier == tier
