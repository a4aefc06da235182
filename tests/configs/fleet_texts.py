from textwrap import dedent


def fleet_text(tenant: str = "", rest: str = "") -> str:
    """Make a fleet of one tenant, whose keys start on line 6, and further sections."""
    head = "fleet: acme\ntenants:\n  - domain: acme.eu.auth0.com\n"
    head += "    client_id: abc\n    client_secret: env:SECRET\n"
    body = "".join(f"    {line}\n" for line in dedent(tenant).strip("\n").splitlines())
    return head + body + dedent(rest)
