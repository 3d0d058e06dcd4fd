"""README and the pages of docs/ name commands, files and anchors that are there."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
import yaml

from imgcls import find_config, main

ROOT = Path(__file__).parents[1]
SITE = runpy.run_path(str(ROOT / "docs" / "make_site.py"))
PAGES = {page.relative_to(ROOT).as_posix(): page for page in SITE["pages"]()}
TEXTS = {name: page.read_text(encoding="utf-8") for name, page in PAGES.items()}
BLOCK = re.compile(r"^```.*?^```$|^(?: {4}[^\n]*\n)+", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:\w+=(?:\"[^\"]*\"|\S+) )*(imgcls .+?)(?: +#.*)?")
TRAINED = ("fit", "validate", "test", "predict")


def commands() -> set[str]:
    """Return the commands of the pages, without those that say NAME, STUDY or VERB for a name."""
    found = set()
    for text in TEXTS.values():
        lines = [line.strip() for block in BLOCK.findall(text) for line in block.splitlines()]
        inline = re.findall(r"`([^`]+)`", BLOCK.sub("", text))
        matches = map(COMMAND.fullmatch, lines + [" ".join(code.split()) for code in inline])
        found |= {match[1] for match in matches if match}
    return {each for each in found if not {"NAME", "STUDY", "VERB", "|", "..."} & set(each.split())}


COMMANDS = sorted(
    each for each in commands() if len(each.split()) > 2 and each != "imgcls fit --profile"
)


def test_readme_has_at_most_900_words() -> None:
    text = re.sub(r"^(\|.*| {4}.*)$|```.*?```", "", TEXTS["README.md"], flags=re.M | re.S)
    assert len(text.split()) <= 900


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the site and GitHub make them."""
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str) -> None:
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", TEXTS[name]):
        file = SITE["target"](PAGES[name], link) if link else PAGES[name]
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{link}#{anchor}"


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    first, *groups = site["nav"]
    shown = [*first.values()]
    for group in groups:
        shown += [page for pages in group.values() for each in pages for page in each.values()]
    assert sorted(shown) == sorted(SITE["place"](page) for page in PAGES.values())


def test_the_reference_has_every_class_of_a_room() -> None:
    for room in ("callbacks", "data", "models", "transforms", "losses", "schedules"):
        assert f"<!-- reference: imgcls.{room} -->" in TEXTS["docs/configuration.md"]
    assert "ResNet18" in SITE["classes"]("imgcls.models")
    assert SITE["classes"]("imgcls.losses") == ["CrossEntropy", "Focal", "Penalty"]


def test_a_link_to_nothing_is_named() -> None:
    with pytest.raises(SystemExit, match=r"README.md links to docs/none.md, which is no file"):
        SITE["target"](ROOT / "README.md", "docs/none.md")


def test_enough_commands_are_checked() -> None:
    assert len(COMMANDS) > 40


@pytest.fixture
def run(trained: Path) -> Path:
    """Return a run in a folder that has the config which the pages take for granted."""
    page = TEXTS["docs/your_images.md"]
    config = re.findall(r"^```yaml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)[0]
    Path("photos.yaml").write_text(config, encoding="utf-8")
    return trained


@pytest.mark.parametrize("line", [each for each in COMMANDS if each.split()[1] in TRAINED])
def test_the_arguments_of_a_training_verb_are_understood(
    line: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = shlex.split(line)[1:]
    if "--ckpt_path" in arguments:
        arguments[arguments.index("--ckpt_path") + 1] = str(run)
    arguments = [each for each in arguments if each != "--print_config"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*arguments, "--print_config"])
    assert "class_path" in capsys.readouterr().out


@pytest.mark.parametrize("line", [each for each in COMMANDS if each.split()[1] not in TRAINED])
def test_the_flags_and_names_of_another_verb_are_there(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, verb, *rest = shlex.split(line)
    if verb == "configs":
        assert find_config(rest[0]).is_file()
        return
    with pytest.raises(SystemExit, match=r"^0$"):
        main([verb, "--help"])
    told = capsys.readouterr().out
    assert [each for each in rest if each.startswith("--") and each not in told] == []
    if verb == "sweep" and not rest[0].startswith("my_"):
        assert (ROOT / "configs" / "studies" / f"{rest[0]}.yaml").is_file()
