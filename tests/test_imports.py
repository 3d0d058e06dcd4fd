"""What imports may not do."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import imgcls

ROOT = Path(imgcls.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def module_name(file: Path) -> str:
    """Return ``data.images`` for ``imgcls/data/images.py``."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Return what is imported; ``from a import b`` counts as both a.b and a."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


WITHOUT_TORCH = (
    "imgcls",
    "imgcls.cli.main",
    "imgcls.cli.arguments",
    "imgcls.comparison.table",
    "imgcls.runs.find",
)
HEAVY = {"torch", "lightning", "numpy", "matplotlib", "sklearn", "jsonargparse"}


def test_what_answers_fast_imports_nothing_heavy() -> None:
    program = f"import sys, {', '.join(WITHOUT_TORCH)}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not HEAVY & {name.split(".")[0] for name in ran.stdout.split()}


@cache
def third_party_packages() -> set[str]:
    return set(packages_distributions())


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_no_private_name_of_a_dependency(file: Path) -> None:
    tree = ast.parse(file.read_text())
    third_party = third_party_packages() - {"imgcls"}
    names = [name for name in imported(ast.walk(tree)) if name.split(".")[0] in third_party]
    assert not [name for name in names if any(map(is_private, name.split(".")))]
    bound = {name.split(".")[-1] for name in names} | {name.split(".")[0] for name in names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            root: ast.expr = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            assert not (isinstance(root, ast.Name) and root.id in bound), ast.unparse(node)
