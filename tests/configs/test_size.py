"""Ten thousand tenants load in seconds, and ten thousand mistakes are reported as fast."""

import gc
import time

import pytest

from configs import ConfigError, load_fleet

COUNT = 10_000
SECONDS = 10  # far above what is measured alone (about 1.5 s), as test machines are busy


def write(path, client_secret):
    tenants = "".join(
        f"""- domain: acme-{n}.eu.auth0.com
  client_id: abc{n}
  client_secret: {client_secret.format(n)}
  region: eu
  labels: {{ring: "{n % 10}"}}
  target:
    twilio: {{auth_token: env:TWILIO, default_from: "+15005550006"}}
    test_numbers: {{text: "+15005550006"}}
"""
        for n in range(COUNT)
    )
    head = "fleet: big\nsecrets_file: secrets.env\n"
    head += "overrides: [{match: {labels: {ring: '1'}}, set: {owner: me}}]\n"
    (path / "fleet.yaml").write_text(f"{head}tenants:\n{tenants}")
    (path / "secrets.env").write_text("TWILIO=x\n" + "".join(f"S_{n}=x{n}\n" for n in range(COUNT)))


def test_ten_thousand_tenants_load_in_seconds(tmp_path):
    write(tmp_path, "env:S_{}")
    started = time.process_time()
    fleet = load_fleet(tmp_path / "fleet.yaml", environ={})
    assert time.process_time() - started < SECONDS
    assert len(fleet.tenants) == COUNT
    assert sum(tenant.owner == "me" for tenant in fleet.tenants) == COUNT / 10
    assert gc.isenabled()


def test_ten_thousand_mistakes_are_all_reported(tmp_path):
    write(tmp_path, "literal{}")
    started = time.process_time()
    with pytest.raises(ConfigError) as raised:
        load_fleet(tmp_path / "fleet.yaml", environ={})
    assert time.process_time() - started < SECONDS
    assert len(raised.value.problems) == COUNT
    assert gc.isenabled()
