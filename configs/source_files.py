"""Find the files that a glob names, without walking through a whole file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from configs.bounded_files import FileRefused
from configs.budget import MAX_FILES

MAX_VISITED: Final = 50_000
"""Entries of folders that one glob may visit."""
_WILD: Final = frozenset("*?[")


def matching_files(pattern: str, base: Path) -> list[Path]:
    """Return what a glob matches, apart from folders, sorted.

    `**` stands for any number of folders. Neither it nor `*` matches names that begin with a dot, and `**` does not
    follow symbolic links to folders.

    Args:
        pattern: The glob, absolute or below `base`; its path is usable (`bounded_files.path_problem`).
        base: The folder where a relative glob starts.

    Raises:
        FileRefused: It starts at the root of the file system, or goes beyond a limit.
    """
    parts = (base / Path(pattern).expanduser()).parts
    fixed = next((n for n, part in enumerate(parts) if _WILD & set(part)), len(parts) - 1)
    root = Path(*parts[:fixed]).resolve()
    if root == Path(root.anchor):
        raise FileRefused(
            f"{pattern} would search the whole file system", "Name the folder where the files are"
        )
    search = _Search(pattern)
    found = {path for path in search.below(root, parts[fixed:]) if not path.is_dir()}
    if len(found) > MAX_FILES:
        raise FileRefused(f"{pattern} matches more than {MAX_FILES} files", "Split the fleet")
    return sorted(found)


class _Search:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._visited = 0

    def below(self, folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self.below(folder, rest or ("*",))
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from self.below(folder / entry.name, parts)
            return
        for entry in self._entries(folder):
            hidden = entry.name.startswith(".") and not part.startswith(".")
            if hidden or not (entry.name == part or fnmatchcase(entry.name, part)):
                continue
            if not rest:
                yield folder / entry.name
            elif entry.is_dir():
                yield from self.below(folder / entry.name, rest)

    def _entries(self, folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._visited += 1
                    if self._visited > MAX_VISITED:
                        raise FileRefused(
                            f"{self._pattern} would search more than {MAX_VISITED} files",
                            "Name the folder where the files are",
                        )
                    yield entry
        except OSError:
            return  # as for the shell, a folder that is not there or not readable has no files
