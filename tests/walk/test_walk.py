"""Every command of the tutorials runs in a fresh folder, and prints what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walk.tutorial import missing_lines, steps_of
from tests.walk.walker import ROOT, Walker

TUTORIALS = ROOT / "docs" / "tutorial"


@pytest.mark.walk
@pytest.mark.timeout(1200)
@pytest.mark.slow
@pytest.mark.parametrize("name", ["first-migration", "first-real-tenant"])
def test_a_tutorial_is_as_it_says(name: str, tmp_path: Path) -> None:
    steps = list(steps_of((TUTORIALS / f"{name}.md").read_text(encoding="utf-8")))
    assert len(steps) > 8
    walker = Walker(tmp_path / "reader")
    try:
        for step in steps:
            walker.take(step)
        assert walker.faults == [], "\n\n".join(walker.faults)
    finally:
        walker.close()
        (ROOT / ".state" / "walk").mkdir(parents=True, exist_ok=True)
        (ROOT / ".state" / "walk" / f"{name}.txt").write_text("\n".join(walker.outputs), encoding="utf-8")


PAGE = """
<!-- walk: run echo a > file -->

```sh
cat file
```

```
a
```

<!-- walk: yes exit=3 -->
```sh
ask
```

```yaml
not: a listing
```

<!-- walk: skip -->
```sh
browse
```

```
never compared
```
"""


def test_a_page_is_a_list_of_steps() -> None:
    steps = list(steps_of(PAGE))
    assert [(s.commands, s.listing, s.code) for s in steps] == [
        ("echo a > file", "", 0),
        ("cat file", "a\n", 0),
        ("ask --yes", "", 3),
    ]


def test_a_listing_may_leave_lines_out() -> None:
    output = "first 20261129-010243-3c1a\n12:00:00Z second, which is long\nthird\n"
    listing = "first 20260101-000000-aaaa\n...\nsecond, which\n    is long\nthird\n"
    assert missing_lines(listing, output) == []
    assert missing_lines("third\nfirst 20260101-000000-aaaa\n", output) == ["first 20260101-000000-aaaa"]
    assert missing_lines("fourth\n", output) == ["fourth"]
