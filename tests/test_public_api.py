"""The public names: each is there, and is enough for notebooks and benchmarks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jsonargparse import ArgumentParser

import imgcls

ROOT = Path(imgcls.__file__).parents[1]
PROGRAMS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("notebooks/*.[ip][py]*")])
# What a user takes that neither notebooks nor benchmarks need.
FOR_USERS = {"InputError", "as_pictures"}  # what users catch, and a name of version 0.1


def code(path: Path) -> str:
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    lines = [line for cell in cells if cell.cell_type == "code" for line in cell.source.split("\n")]
    return "\n".join(line for line in lines if not line.startswith("%"))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield module and name of each ``from module import name`` of ours."""
    for node in ast.walk(ast.parse(code(path))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "imgcls":
            yield from ((str(node.module), alias.name) for alias in node.names)


@pytest.mark.parametrize("name", imgcls.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(imgcls, name) is not None
    assert name in dir(imgcls)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError, match="module 'imgcls' has no attribute 'Nonsense'"):
        _ = imgcls.Nonsense


def test_the_names_are_typed_as_they_are_imported() -> None:
    tree = ast.parse((ROOT / "imgcls" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        (str(node.module), alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = {(f"imgcls.{module}", name) for module, names in imgcls.HOMES.items() for name in names}
    assert typed == homes | {("imgcls", module) for module in imgcls.MODULES}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_a_program_imports_from_imgcls_alone(path: Path) -> None:
    assert [module for module, _ in imports(path) if module != "imgcls"] == []
    assert "import imgcls." not in code(path)


def test_no_name_is_public_without_a_use() -> None:
    used = {name for path in PROGRAMS for _, name in imports(path)}
    single = {name for names in imgcls.HOMES.values() for name in names}
    assert single - used == FOR_USERS


def test_the_command_takes_numbers_and_paths(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        imgcls.main(["compare", tmp_path, 1])


@pytest.mark.parametrize("name", ["Digits", "CIFAR100", "STL10"])
def test_a_config_names_a_class_by_its_room(name: str) -> None:
    for each in imgcls.__all__:  # once all are imported, a shorter path could be found
        getattr(imgcls, each)
    parser = ArgumentParser()
    parser.add_argument("--data", type=imgcls.data.ImageDataModule)
    parsed = parser.parse_args([f"--data={name}"])
    assert parsed.data.class_path == f"imgcls.data.{name}"
