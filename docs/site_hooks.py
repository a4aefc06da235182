"""Hooks of MkDocs: the pages of the repository's root in the site, the navigation from the index, and GitHub's anchors.

A link to a file that is not part of the documentation, such as a module, becomes the path of that file.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
ROOT_PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the root, and their place in the site."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^(?:\*|\d+\.) \[(.+)\]\((\S+\.md)\)")


def github_anchor(heading: str, separator: str) -> str:
    """Return the anchor that GitHub gives to a heading, so that one link works in both."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def on_config(config: Any) -> Any:
    """Make the navigation from the index, which lists every page under its kind."""
    config["mdx_configs"].setdefault("toc", {})["slugify"] = github_anchor
    config["nav"] = [
        {"Documentation": "README.md"},
        *navigation((ROOT / "docs" / "README.md").read_text("utf-8")),
    ]
    return config


def navigation(index: str) -> list[dict[str, Any]]:
    """Return the sections of the index with their pages."""
    sections: list[dict[str, Any]] = []
    for line in index.splitlines():
        if line.startswith("## "):
            sections.append({line[3:]: []})
        elif (entry := _ENTRY.match(line)) and sections:
            pages = next(iter(sections[-1].values()))
            pages.append({entry[1]: ROOT_PAGES.get(entry[2].removeprefix("../"), entry[2])})
    return sections


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root."""
    for name, place in ROOT_PAGES.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Rewrite links that lead out of the documentation, outside of code blocks."""
    source = page.file.src_uri
    root_names = {place: name for name, place in ROOT_PAGES.items()}
    # A page's folder as a path from the root of the repository.
    folder = "" if source in root_names else posixpath.dirname(f"docs/{source}")
    here = posixpath.dirname(source)
    parts, end = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [
            _LINK.sub(lambda link: _rewritten(link, folder, here), markdown[end : fence.start()]),
            fence[0],
        ]
        end = fence.end()
    parts.append(_LINK.sub(lambda link: _rewritten(link, folder, here), markdown[end:]))
    return "".join(parts)


def _rewritten(link: re.Match[str], folder: str, here: str) -> str:
    image, text, target = link.groups()
    path, mark, anchor = target.partition("#")
    if re.match(r"[a-z]+:", target) or not path:
        return link[0]
    place = posixpath.normpath(posixpath.join(folder, path))
    inside = ROOT_PAGES.get(place) or (place.removeprefix("docs/") if place.startswith("docs/") else "")
    if inside:
        return f"{image}[{text}]({posixpath.relpath(inside, here or '.')}{mark}{anchor})"
    return f"{text} (`{place}`)" if f"`{place.rstrip('/')}" not in text else text
