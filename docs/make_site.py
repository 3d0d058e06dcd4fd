"""Gather the pages of the docs site in build/pages, for `make docs` to build.

README is the first page. What a page links to outside of docs/ is copied, so that the site is
whole, and lists of classes are written from the package where a page says
``<!-- reference: imgcls.models -->``.

python docs/make_site.py
"""

import re
import shutil
from importlib import import_module
from inspect import isclass
from pathlib import Path

import imgcls

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "pages"
LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#\s]+)")
REFERENCE = re.compile(r"^<!-- reference: ([\w.]+) -->$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Return the relative files that a page links to or shows."""
    return LINK.findall(text)


def target(page: Path, link: str) -> Path:
    """Return the file that a link leads to.

    Raises:
        SystemExit: There is none in the repository.
    """
    file = (page.parent / link).resolve()
    if not file.is_file() or not file.is_relative_to(ROOT):
        raise SystemExit(f"{page.relative_to(ROOT)} links to {link}, which is no file here")
    return file


def place(file: Path) -> str:
    """Return where a file of the repository lies among the pages."""
    name = file.relative_to(ROOT).as_posix()
    return "index.md" if name == "README.md" else name.removeprefix("docs/")


def classes(module: str) -> list[str]:
    """Return the names of the classes that a module exports or, without a list, defines."""
    found = import_module(module)
    names = getattr(found, "__all__", dir(found))
    own = [name for name in names if isclass(getattr(found, name)) and not name.startswith("_")]
    exported = hasattr(found, "__all__")
    return [name for name in own if exported or getattr(found, name).__module__ == module]


def reference(module: str) -> str:
    """Return what has mkdocstrings describe the classes of a module, or the public names."""
    if module == "imgcls":
        return "\n\n".join(
            f"::: imgcls.{home}.{name}"
            for home, names in sorted(imgcls.HOMES.items())
            for name in names
        )
    options = "    options:\n      members: false\n      inherited_members: false"
    return "\n\n".join(f"::: {module}.{name}\n{options}" for name in classes(module))


def gather(page: Path) -> None:
    """Write a page among the others, with what it shows."""
    text = page.read_text(encoding="utf-8")
    for link in links(text):
        file = target(page, link)
        if file.suffix != ".md":
            copy = PAGES / place(file)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    text = LINK.sub(lambda each: place(target(page, each[0])), text)
    text = REFERENCE.sub(lambda each: reference(each[1]), text)
    (PAGES / place(page)).write_text(text, encoding="utf-8")


def pages() -> list[Path]:
    """Return the files that become pages."""
    first = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [*first, *sorted((ROOT / "docs").glob("*.md"))]


def main() -> None:
    """Gather all pages."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs" / "assets", PAGES / "assets")
    for page in pages():
        gather(page)


if __name__ == "__main__":
    main()
