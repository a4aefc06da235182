"""The script of "Create the application" leaves tenants that `doctor` finds complete, and can be repeated."""

from __future__ import annotations

import csv
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from phonefleet.model.api_scopes import required_scopes
from simulator.kinds import Kind
from simulator.serve import Running, running
from simulator.state import Json, Tenant
from tests.flows.fleet_bench import Done, phonefleet
from tests.pace import QUICK
from tests.prefect_server import clean_environ

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "docs" / "how-to" / "create_application.py"
SHARED = (
    "create:clients",
    "read:clients",
    "create:client_grants",
    "read:client_grants",
    "update:client_grants",
)
WITH_KEY = (*SHARED, "create:client_credentials")
WITH_SECRETS = (*SHARED, "read:client_keys")


@dataclass
class Administrator:
    """What an operator has: tenants with an application for administration, TENANTS.csv, and secrets in variables."""

    folder: Path
    served: Running
    secrets: dict[str, str]

    def tenant(self, name: str) -> Tenant:
        found: Tenant = self.served.app.state.world.fleet.get(f"{name}.auth0.com")
        return found

    def application(self, name: str) -> Json:
        """The one application that the script makes."""
        (found,) = [c for c in self.tenant(name).clients.values() if c["name"] == "phonefleet"]
        return found

    def scopes(self, name: str) -> list[str]:
        """What the application is granted."""
        client = self.application(name)["client_id"]
        (found,) = [g for g in self.tenant(name).grants.values() if g.get("client_id") == client]
        return sorted(found["scope"])

    def writes(self) -> int:
        """How many writes were applied in all tenants."""
        tenants = [self.tenant(name) for name in ("acme.eu", "acme.us", "acme-dev.eu")]
        return sum(r.write and r.applied and r.path != "/oauth/token" for t in tenants for r in t.requests)

    def run(self, *options: str, **environ: str) -> Done:
        """Run the script over TENANTS.csv."""
        words = [str(SCRIPT), "tenants.csv", "--connect-to", self.served.url, *options]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=clean_environ() | {"PYTHONPATH": str(ROOT)} | self.secrets | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        for secret in self.secrets.values():
            assert secret not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def granted(self, *scopes: str) -> None:
        """Give the administration's applications exactly these scopes."""
        for name in ("acme.eu", "acme.us", "acme-dev.eu"):
            tenant = self.tenant(name)
            for grant in tenant.grants.values():
                if grant.get("client_id") == tenant.management_client_id:
                    grant["scope"] = list(scopes)

    def refuse(self, path: str, status: int, body: object = None, tenant: str = "*") -> None:
        """Let Auth0 refuse requests from now on."""
        rule = {"domain": tenant, "path": path, "effect": "status", "status": status, "body": body}
        rule = {key: value for key, value in rule.items() if value is not None}
        assert httpx.put(f"{self.served.url}/_simulator/faults", json={"rules": [rule]}).is_success


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Administrator]:
    """Three tenants; two of them have the same name in two regions."""
    with running(0, 1, timing=replace(QUICK, log_lag=0.05)) as served:
        made = Administrator(tmp_path, served, {})
        lines = ["domain,admin_client_id,admin_secret"]
        for name in ("acme.eu", "acme.us", "acme-dev.eu"):
            domain, variable = (
                f"{name}.auth0.com",
                f"{name.upper().replace('.', '_').replace('-', '_')}_ADMIN",
            )
            served.app.state.world.fleet.put(
                domain, Kind("mfa_and_passwordless_twilio"), {"tier": "unlimited"}
            )
            tenant = made.tenant(name)
            client = tenant.clients[tenant.management_client_id]
            made.secrets[variable] = client["client_secret"]
            lines.append(f"{domain},{client['client_id']},{variable}")
        (tmp_path / "tenants.csv").write_text("\n".join(lines) + "\n")
        yield made


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A key pair as openssl makes it."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _write_keys(folder: Path, key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "phonefleet.pub.pem").write_bytes(public)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _first(file: Path) -> None:
    """Leave one tenant in TENANTS.csv."""
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:2]))


def test_doctor_is_content_with_secrets(admin: Administrator, prefect_api: str) -> None:
    """The way of the how-to: applications, `init`, the secrets in place of the placeholders, `doctor`."""
    admin.granted(*WITH_SECRETS)
    made = admin.run("--secrets", "clients.env").expect(0)
    rows = list(csv.DictReader(made.out.splitlines()))
    assert [row["client_id"] for row in rows] == [
        admin.application(row["domain"].removesuffix(".auth0.com"))["client_id"] for row in rows
    ]
    assert (
        len({line.partition("=")[0] for line in (admin.folder / "clients.env").read_text().splitlines()}) == 3
    )
    assert stat.S_IMODE((admin.folder / "clients.env").stat().st_mode) == 0o600
    (admin.folder / "clients.csv").write_text(made.out)
    words = ["--csv", "clients.csv", "--test-number", "+15005550006", "--connect-to", admin.served.url]
    phonefleet("init", "acme", *words, api=prefect_api, cwd=admin.folder).expect(0)
    admin.run("--secrets", "acme/secrets.env").expect(0)
    kept = (admin.folder / "acme" / "secrets.env").read_text()
    assert admin.application("acme-dev.eu")["client_secret"] in kept
    assert "replace-me" not in kept
    found = phonefleet("doctor", "acme/fleet.yaml", api=prefect_api, cwd=admin.folder).expect(0)
    assert "3 of 3 tenants are reachable with every scope" in found.out


def test_doctor_is_content_with_keys(admin: Administrator, prefect_api: str, key: rsa.RSAPrivateKey) -> None:
    admin.granted(*WITH_KEY)
    private = _write_keys(admin.folder, key)
    _first(admin.folder / "tenants.csv")
    made = admin.run("--public-key", "phonefleet.pub.pem").expect(0)
    (admin.folder / "clients.csv").write_text(made.out)
    words = ["--csv", "clients.csv", "--private-keys", "--test-number", "+15005550006"]
    words += ["--connect-to", admin.served.url]
    phonefleet("init", "acme", *words, api=prefect_api, cwd=admin.folder).expect(0)
    (admin.folder / "acme" / "phonefleet.pem").write_text(private)
    file = admin.folder / "acme" / "fleet.yaml"
    file.write_text(file.read_text().replace("env:ACME_EU_PRIVATE_KEY", "file:phonefleet.pem"))
    found = phonefleet("doctor", "acme/fleet.yaml", api=prefect_api, cwd=admin.folder).expect(0)
    assert "1 of 1 tenants are reachable with every scope" in found.out


def test_a_second_run_changes_nothing(admin: Administrator) -> None:
    """Also beyond the first hundred applications, and if the secrets are in the file."""
    admin.granted(*WITH_SECRETS)
    tenant = admin.tenant("acme.eu")
    other = next(iter(tenant.clients.values()))
    for number in range(120):
        tenant.clients[f"c{number}"] = other | {
            "client_id": f"c{number}",
            "name": f"other {number}",
            "app_type": "non_interactive",
        }
    first = admin.run("--secrets", "clients.env").expect(0)
    kept, writes = (admin.folder / "clients.env").read_text(), admin.writes()
    assert writes == 6
    assert admin.run("--secrets", "clients.env").expect(0).out == first.out
    assert (admin.folder / "clients.env").read_text() == kept
    assert admin.writes() == writes


def test_another_command_replaces_the_scopes(admin: Administrator) -> None:
    admin.granted(*WITH_SECRETS)
    admin.run("--secrets", "clients.env").expect(0)
    assert admin.scopes("acme.eu") == sorted(required_scopes("migrate"))
    admin.run("--secrets", "clients.env", "--command", "assess").expect(0)
    assert admin.scopes("acme.eu") == sorted(required_scopes("assess"))


def test_a_wrong_secret_fails_one_tenant(admin: Administrator) -> None:
    admin.granted(*WITH_SECRETS)
    done = admin.run("--secrets", "clients.env", ACME_US_ADMIN="not-its-secret").expect(1)
    assert done.err == "acme.us.auth0.com: POST /oauth/token: refused with 401: Unauthorized\n"
    assert [row["domain"] for row in csv.DictReader(done.out.splitlines())] == [
        "acme.eu.auth0.com",
        "acme-dev.eu.auth0.com",
    ]


def test_no_header_is_quoted(admin: Administrator) -> None:
    """A token that no header may contain: the client's own error would repeat it."""
    token = "eyJ-not-a-header-value-93716"
    admin.refuse("/oauth/token", 200, {"access_token": f"{token}\n", "expires_in": 60})
    done = admin.run("--secrets", "clients.env").expect(1)
    assert token not in done.out + done.err
    assert "no answer (LocalProtocolError)" in done.err


def test_a_refused_scope_keeps_the_secret(admin: Administrator) -> None:
    """A grant that Auth0 refuses is said in its words; the next run completes it."""
    admin.granted(*WITH_SECRETS)
    said = {"statusCode": 400, "error": "Bad Request", "message": "Scope read:phone_providers is not defined"}
    admin.refuse("*/client-grants", 400, said, "acme.us.auth0.com")
    done = admin.run("--secrets", "clients.env").expect(1)
    assert "acme.us.auth0.com: " in done.err
    assert "refused with 400: Scope read:phone_providers is not defined" in done.err
    assert admin.application("acme.us")["client_secret"] in (admin.folder / "clients.env").read_text()
    assert httpx.put(f"{admin.served.url}/_simulator/faults", json={"rules": []}).is_success
    admin.run("--secrets", "clients.env").expect(0)
    assert admin.scopes("acme.us") == sorted(required_scopes("migrate"))


@pytest.mark.parametrize("lacking", sorted({*WITH_SECRETS, *WITH_KEY} - {"update:client_grants"}))
def test_every_listed_scope_is_needed(admin: Administrator, key: rsa.RSAPrivateKey, lacking: str) -> None:
    """Without it Auth0's words name it."""
    _write_keys(admin.folder, key)
    _first(admin.folder / "tenants.csv")
    needed = WITH_KEY if lacking == "create:client_credentials" else WITH_SECRETS
    admin.granted(*(scope for scope in needed if scope != lacking))
    if lacking == "read:clients":
        admin.granted(*SHARED[2:], "create:clients")
    how = ("--public-key", "phonefleet.pub.pem") if needed is WITH_KEY else ("--secrets", "clients.env")
    assert lacking in admin.run(*how).expect(1).err


def test_an_application_of_another_kind_is_left(admin: Administrator, key: rsa.RSAPrivateKey) -> None:
    _write_keys(admin.folder, key)
    _first(admin.folder / "tenants.csv")
    admin.granted(*WITH_SECRETS)
    admin.run("--secrets", "clients.env").expect(0)
    before = admin.writes()
    done = admin.run("--public-key", "phonefleet.pub.pem").expect(1)
    assert "the application phonefleet is there and has a secret" in done.err
    tenant = admin.tenant("acme.eu")
    tenant.clients["second"] = admin.application("acme.eu") | {"client_id": "second"}
    assert "2 applications are called phonefleet" in admin.run("--secrets", "clients.env").expect(1).err
    assert admin.writes() == before


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("domain;client\n", "no tenant is listed"),
        ("domain,client\na.eu.auth0.com,x\n", "no column admin_client_id, admin_secret"),
        ("domain,admin_client_id,admin_secret\na.eu.auth0.com,x,UNSET_ONE\n", "UNSET_ONE is not set"),
        ("domain,admin_client_id,admin_secret\na.eu.auth0.com,x\n", "(no name) is not set"),
        ("domain,admin_client_id,admin_secret\nhttps://a.auth0.com,x,HOME\n", "without https://"),
        ("domain,admin_client_id,admin_secret\n" + "a.auth0.com,x,HOME\n" * 2, "domain once"),
    ],
)
def test_a_wrong_list_asks_no_tenant(admin: Administrator, text: str, fact: str) -> None:
    (admin.folder / "tenants.csv").write_text(text)
    done = admin.run("--secrets", "clients.env", HOME="somewhere").expect(2)
    assert fact in done.err
    assert not any(admin.tenant(name).requests for name in ("acme.eu", "acme.us", "acme-dev.eu"))


@pytest.mark.parametrize("kind", ["private", "no PEM"])
def test_a_private_key_leaves_no_machine(admin: Administrator, key: rsa.RSAPrivateKey, kind: str) -> None:
    private = _write_keys(admin.folder, key)
    (admin.folder / "phonefleet.pem").write_text(
        private if kind == "private" else '{"kty": "RSA", "d": "MIIE"}'
    )
    done = admin.run("--public-key", "phonefleet.pem").expect(2)
    assert "phonefleet.pem: it has a private key or no PEM" in done.err
    assert not any(admin.tenant(name).requests for name in ("acme.eu", "acme.us", "acme-dev.eu"))


@pytest.mark.parametrize("old", ["", "secret-of-a-deleted-application-1"])
def test_a_new_application_replaces_a_secret(admin: Administrator, old: str) -> None:
    admin.granted(*WITH_SECRETS)
    file = admin.folder / "secrets.env"
    file.write_text(f"OTHER=kept\nACME_EU_CLIENT_SECRET={old}\n")
    admin.run("--secrets", "secrets.env").expect(0)
    lines = file.read_text().splitlines()
    assert lines[:2] == [
        "OTHER=kept",
        f"ACME_EU_CLIENT_SECRET={admin.application('acme.eu')['client_secret']}",
    ]
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/oauth/token", {"x": 1}),
        ("/oauth/token", ["x"]),
        ("/api/v2/clients", {"clients": []}),
        ("/api/v2/clients", [{"name": "phonefleet"}]),
        ("/api/v2/client-grants", {"client_grants": []}),
    ],
)
def test_an_answer_of_another_shape_fails_one(admin: Administrator, path: str, body: object) -> None:
    """As of a domain that is not Auth0's, or of a gateway."""
    admin.granted(*WITH_SECRETS)
    admin.refuse(path, 200, body, "acme.us.auth0.com")
    done = admin.run("--secrets", "clients.env").expect(1)
    (line,) = done.err.splitlines()
    assert line.startswith("acme.us.auth0.com: ")
    assert f"{path}: 200 with an answer that is not Auth0's" in line
    assert len(done.out.splitlines()) == 3


def test_a_page_in_place_of_a_token_fails(admin: Administrator) -> None:
    """A server that answers everything with a page, as that of a mistyped domain may."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = admin.run(
            "--secrets", "c.env", "--connect-to", f"http://127.0.0.1:{server.server_port}"
        ).expect(1)
        server.shutdown()
    assert [line.partition(": ")[2] for line in done.err.splitlines() if "not Auth0's" in line] == [
        "POST /oauth/token: 200 with an answer that is not Auth0's. Correct the domain if it is not the tenant's, and "
        "run again"
    ] * 3


@pytest.mark.parametrize("is_new", [True, False])
def test_a_refusal_repeats_no_new_secret(
    admin: Administrator, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    """Neither that of an application that was just made, nor one that was read."""
    secret = "Zq8Xv3LmN7-fresh-kR5tW1yB4cD9eF2g"
    monkeypatch.setattr("simulator.ids.Ids.client_secret", lambda _ids: secret)
    admin.granted(*WITH_SECRETS)
    _first(admin.folder / "tenants.csv")
    if not is_new:
        admin.run("--secrets", "earlier.env").expect(0)
    admin.refuse("*/client-grants", 400, {"message": f"odd {secret}"})
    done = admin.run("--secrets", "clients.env").expect(1)
    assert "/api/v2/client-grants: refused with 400: odd [redacted]" in done.err
    assert secret not in done.out + done.err
    assert secret in (admin.folder / "clients.env").read_text()
