"""Write ``terraform_provider.json``: the arguments of the provider's resources that we write, from its documentation.

    python -m tests.handover.make_provider_table GIT_DIR

GIT_DIR is the git directory of a clone of auth0/terraform-provider-auth0 with its tags. The table has the oldest
version that the code asks for and the newest release.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).with_name("terraform_provider.json")
SOURCE = "github.com/auth0/terraform-provider-auth0"
VERSIONS = ("1.49.0", "1.55.0")
RESOURCES = (
    *("tenant", "phone_provider", "branding_phone_notification_template"),
    *("action", "guardian", "connection"),
)
KIND = re.compile(r"^(?:### )?(Required|Optional|Read-Only):?$")
NESTED = re.compile(r"^### Nested Schema for `([\w.]+)`")
ITEM = re.compile(r"^- `(\w+)` \(([^)]*)\)")


def git(directory: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", directory, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def arguments_of(page: str) -> dict[str, str]:
    """Every argument by its path, with `required` or `optional`, and `block` where it is one."""
    found: dict[str, str] = {}
    above, kind = "", ""
    for line in page[page.index("## Schema") :].splitlines():
        if nested := NESTED.match(line):
            above, kind = f"{nested[1]}.", ""
        elif heading := KIND.match(line):
            kind = heading[1].lower()
        elif (item := ITEM.match(line)) and kind in ("required", "optional"):
            found[above + item[1]] = f"{kind} block" if item[2].startswith("Block") else kind
    return found


def table(directory: str) -> dict[str, object]:
    versions = {}
    for version in VERSIONS:
        tag = f"v{version}"
        versions[version] = {
            "commit": git(directory, "rev-list", "-1", tag).strip(),
            "resources": {
                f"auth0_{name}": arguments_of(git(directory, "show", f"{tag}:docs/resources/{name}.md"))
                for name in RESOURCES
            },
        }
    return {"source": f"{SOURCE}, docs/resources at the tag of each version", "versions": versions}


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(sys.argv[1]), indent=1, sort_keys=True) + "\n", encoding="utf-8")
