"""Imports go one way: command, cli, then what it introduces to one another."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import imgcls

ROOT = Path(imgcls.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# What introduces models and data to one another; all else is in ALLOWED.
INTRODUCERS = {
    "__init__", "__main__", "command", "cli", "config_errors", "evaluation", "finished_run",
    "picture_sizes", "predictions", "record", "resume",
}  # fmt: skip
# What the files of a package may import of ours, its own package and errors apart.
ALLOWED = {
    "transforms": set[str](),
    "data": {"transforms"},
    "models": {"losses", "schedules", "data.images"},
    "plots": set[str](),
    "callbacks": {
        "checkpoints",
        "embedding",
        "grad_cam",
        "hooks",
        "models.sheet",
        "most_probable",
        "plots",
        "runs",
        "transforms",
    },
    "embedding": set[str](),
    "grad_cam": {"hooks"},
    "hooks": set[str](),
    "errors": set[str](),
    "schedules": set[str](),
    "losses": set[str](),
    "most_probable": set[str](),
    "scores": {"most_probable"},
    "answers": {"most_probable", "runs"},
    "environment": set[str](),
    "runs": set[str](),
    "shipped_configs": set[str](),
    "compare": {
        "runs",
        "recipes",
        "experiments",
        "experiment_rows",
        "marked_page",
        "ranking",
        "tables",
    },
    "report": {
        "answers",
        "callbacks.activation_grid",
        "data",
        "embedding",
        "finished_run",
        "hooks",
        "plots",
        "runs",
    },
    "sweep": {"compare", "finetune_request", "plots", "recipes", "runs", "shipped_configs"},
    "marked_page": {"runs"},
    "recipes": set[str](),
    "experiments": {"recipes"},
    "experiment_rows": {"experiments", "tables"},
    "ranking": {"experiments", "tables"},
    "tables": set[str](),
    "published": set[str](),
    "request": {"finetune_request", "predict_request", "runs", "shipped_configs"},
    "finetune_request": {"runs"},
    "predict_request": set[str](),
    "checkpoints": set[str](),
    "finetune": {"checkpoints", "matching", "models", "runs", "shared_classes"},
    "matching": set[str](),
    "shared_classes": {"matching"},
    "loggers": {"runs"},
    "machine": set[str](),
    "no_profiler": set[str](),
    "stage_profiler": {"plots", "runs", "tables"},
}
WITHOUT_TORCH = {
    "__init__", "command", "request", "shipped_configs", "runs", "errors", "compare", "recipes",
    "experiments", "experiment_rows", "ranking", "tables", "finetune_request",
    "marked_page", "predict_request",
}  # fmt: skip
LIGHT = {"imgcls", "yaml"}


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


def ours(file: Path) -> Iterator[str]:
    for name in imported(ast.walk(ast.parse(file.read_text()))):
        if name.startswith("imgcls."):
            yield name.removeprefix("imgcls.")


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_go_one_way(file: Path) -> None:
    room = module_name(file).split(".")[0]
    if room in INTRODUCERS:
        return
    assert room in ALLOWED, f"say in ALLOWED what {room} may import"
    allowed = ALLOWED[room] | {room, "errors"}
    strangers = [name for name in ours(file) if not any(within(name, each) for each in allowed)]
    assert strangers == []


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_nobody_imports_the_command_line(file: Path) -> None:
    room = module_name(file)
    if room not in {"command", "__main__", "__init__"}:
        doors = ("cli", "command", "request")
        found = {name for name in ours(file) if any(within(name, door) for door in doors)}
        assert {name.split(".")[0] for name in found} <= ({"request"} if room == "cli" else set())


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Return the statements that run when the module is imported."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node


@cache
def third_party_packages() -> set[str]:
    return set(packages_distributions())


@pytest.mark.parametrize("room", sorted(WITHOUT_TORCH))
def test_what_answers_fast_imports_nothing_heavy(room: str) -> None:
    tree = ast.parse((ROOT / f"{room}.py").read_text())
    third_party = third_party_packages()
    for name in imported(at_import(tree)):
        top, _, rest = name.partition(".")
        assert top in LIGHT or top not in third_party, f"{room} imports {name}"
        if top == "imgcls":
            assert rest.split(".")[0] in WITHOUT_TORCH | {"main"}, f"{room} imports {name}"


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


def test_the_rule_sees_a_wrong_import() -> None:
    tree = ast.parse("from imgcls.data import CIFAR100\nimport torch")
    assert list(imported(ast.walk(tree))) == ["imgcls.data.CIFAR100", "torch"]
    assert not within("data.CIFAR100", "data.images")
