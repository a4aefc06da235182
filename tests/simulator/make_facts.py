"""Make ``recorded_facts.json``: the facts of recorded exchanges and of the API description.

Run it where the reference folder is (``PHONEFLEET_REFERENCE_DIR``):

    python tests/simulator/make_facts.py ../shared/auth0

The table holds facts only: per operation the statuses that were recorded, the keys of each answer with their JSON
types, the scopes and statuses that the description names, and the settings that can be sent.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

TABLE = Path(__file__).with_name("recorded_facts.json")
DEPTH = 3
FREE = {"flags", "default_token_quota", "universal_login", "details", "error_page", "sessions", "mtls"}
_IDS = (
    (re.compile(r"/actions/actions/[^/]+"), "/actions/actions/{id}"),
    (re.compile(r"/versions/[^/]+"), "/versions/{version}"),
    (re.compile(r"/actions/triggers/[^/]+/"), "/actions/triggers/{trigger}/"),
    (re.compile(r"/(providers|templates)/(?:pro|tem)_\w+"), r"/\1/{id}"),
    (re.compile(r"/connections/con_\w+"), "/connections/{id}"),
    (re.compile(r"/client-grants/cgr_\w+"), "/client-grants/{id}"),
    (re.compile(r"/logs/\d+"), "/logs/{id}"),
    (re.compile(r"/guardian/factors/(sms|otp|email|duo)$"), "/guardian/factors/{name}"),
)


def operation_of(method, path):
    """Return the operation, such as ``GET /connections/{id}``, of a request."""
    short = path.removeprefix("/api/v2").partition("?")[0]
    for pattern, name in _IDS:
        short = pattern.sub(name, short)
    return f"{method} {short}"


def type_of(value):
    """Return the JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def keys_of(value, where="", depth=0):
    """Return every key of an answer with the type of its value; of a list, those of its members."""
    found = defaultdict(set)
    if isinstance(value, list):
        for item in value:
            _join(found, keys_of(item, where + "[]", depth))
    if isinstance(value, dict) and depth < DEPTH:
        for key, item in value.items():
            place = f"{where}.{key}".lstrip(".")
            found[place].add(type_of(item))
            if key not in FREE:
                _join(found, keys_of(item, place, depth + 1))
    return found


def _join(found, more):
    for place, types in more.items():
        found[place] |= types


def required_in(answers):
    """Return the top-level keys that every answer has."""
    objects = [answer for answer in answers if isinstance(answer, dict)]
    return sorted(set.intersection(*(set(answer) for answer in objects))) if objects else []


def recorded(lines):
    """Return, per operation and status, the keys of the answers and those that every answer has."""
    answers = defaultdict(list)
    for exchange in map(json.loads, lines):
        answers[operation_of(exchange["method"], exchange["path"]), str(exchange["status"])].append(
            exchange["response"]
        )
    table = defaultdict(dict)
    for (operation, status), seen in sorted(answers.items()):
        keys = defaultdict(set)
        for answer in seen:
            _join(keys, keys_of(answer))
        table[operation][status] = {
            "seen": len(seen),
            "type": type_of(seen[0]),
            "always": required_in(seen),
            "keys": {place: "|".join(sorted(types)) for place, types in sorted(keys.items())},
        }
    return dict(table)


def described(document):
    """Return the scopes and statuses of each operation of the description."""
    table = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            single = [item for item in operation["security"] if set(item) == {"oAuth2ClientCredentials"}]
            table[f"{method.upper()} {path}"] = {
                "scopes": sorted(single[0]["oAuth2ClientCredentials"]),
                "statuses": sorted(operation["responses"]),
            }
    return table


def main(folder):
    """Write the table."""
    document = json.loads((folder / "management-api-subset.openapi.json").read_text())
    settings = document["components"]["schemas"]["UpdateTenantSettingsRequestContent"]["properties"]
    lines = (folder / "recorded-exchanges.jsonl").read_text().splitlines()
    facts = {
        "recorded": recorded(lines),
        "described": described(document),
        "settings": sorted(settings),
        "exchanges": len(lines),
    }
    TABLE.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
