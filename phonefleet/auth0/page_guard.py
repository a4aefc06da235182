"""End a paged list that would not end by itself."""

from __future__ import annotations

from typing import Any

from phonefleet.errors import Unreachable

MAX_PAGES = 500
"""50,000 entries: more than any list that phonefleet reads of one tenant."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all pages of one list."""


class PageGuard:
    """Checks each page of one list.

    Args:
        domain: the tenant.
        operation: the read, for messages.
    """

    def __init__(self, domain: str, operation: str) -> None:
        self._domain = domain
        self._operation = operation
        self._cursors: set[str] = set()
        self._last: list[Any] = []
        self._pages = 0
        self._bytes = 0

    def check(self, page: list[Any], cursor: str | None, size: int) -> None:
        """Check a page.

        Args:
            page: its entries.
            cursor: what Auth0 says the next page begins from.
            size: bytes of the answer, or characters of what is kept of it.

        Raises:
            Unreachable: the list has no end, or is too long.
        """
        self._pages += 1
        self._bytes += size
        if cursor and cursor in self._cursors:
            raise self._endless(f"page {self._pages} has the cursor of an earlier page")
        if page and page == self._last:
            raise self._endless(f"page {self._pages} has the same entries as the page before")
        if self._pages > MAX_PAGES:
            raise self._endless(f"there are more than {MAX_PAGES} pages")
        if self._bytes > MAX_BYTES:
            raise self._endless(f"its first {self._pages} pages have more than {MAX_BYTES} bytes")
        self._last = page
        if cursor:
            self._cursors.add(cursor)

    def _endless(self, fact: str) -> Unreachable:
        return Unreachable(
            self._domain,
            f"{self._operation}: the list is not read any further: {fact}. Check that no proxy answers instead of "
            "Auth0, then run again",
        )
