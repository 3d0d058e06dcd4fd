"""Messages, help and report texts have the words of the field; names that are saved may stay."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Rooms whose texts have the words of the field. To add one, add its path.
ROOMS = (
    "imgcls/callbacks", "imgcls/cli", "imgcls/comparison", "imgcls/data", "imgcls/evaluation",
    "imgcls/losses.py", "imgcls/models", "imgcls/plots", "imgcls/report", "imgcls/runs",
    "imgcls/stage_profiler.py", "imgcls/sweep", "imgcls/transforms", "benchmarks",
    "docs/make_gallery.py", "docs/make_results.py", "docs/make_robustness.py",
    "docs/make_speed.py", "docs/make_studies.py",
)  # fmt: skip
# Texts without code: comments of configs, and pages.
TEXTS = ("configs", "docs/benchmarks.md", "docs/gallery.md", "docs/studies.md")
INSTEAD_OF = {  # words of the table that are never right here, and what to write
    r"pictures?": "image",
    r"guess(es)?": "prediction",
    r"answers?|answered|answering": "prediction",
    r"looks?|looked|looking": "evaluation, or inspect",
    r"nets?": "model, network",
    r"shares?": "fraction, probability",
    r"places?": "index, position",
    r"behind|beside": "after, next to",
    r"fate": "status",
    r"recogni[sz]ed": "recall",
    r"taken for": "predicted as",
    r"quick recipes?": "fast recipe",
    r"kept|mended|told": "saved, fixed, reported",
    r"go(es)? on|gone on|went on": "resume, continue",
    r"sheets?": "layer summary",
    r"films?": "animation",
    r"strengths?": "severity",
}
SAVED = (  # names in run folders, configs, flags and saved headings, and those of the public API
    r"answers_\w+\.npz", r"pictures/", r"\bpictures: ", r"\btest_shifted\b",
    r"\bActivationGrid's pictures\b", r"\bFeatureTSNE's film\b", r"\bfilm: (?=Whether)",
    r"\bsheet_figure\b", r"\bshift_curves\b", r"\btime_shares\b", r"\bas_pictures\b",
    r"MFLOP a picture", r"\bcopy_shared_classes\b", r"picture (alone|twice)",
    r"\bstrength: Factor|\bstrength is\b", r"\bpicture: The image", r"kept in lightning_logs",
    r"^place$", r"^(picture|answers|pictures)$",
)  # fmt: skip
OTHER_MEANINGS = (  # words of the table in another sense
    r"\bin[- ]place\b", r"\b[Ss]prite sheet\b", r"\bstyle sheet\b", r"\bdata sheets\b",
    r"\bof a sheet\b", r"\b(the|one) (sprite )?sheet\b", r"\blook-up\b", r"\{sheet\}", r"\bsheet: ",
    r"/share/", r"^net$", r"\b(\w+s|which|that|experiment) share\b",
)  # fmt: skip


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string and comment of a module, of f-strings the text alone."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for number, line in enumerate(source.splitlines(), 1):
        if match := re.search(r"(?:^|  )# (.*)$", line):
            yield number, match[1]


def other_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of a page or template, or of the comments of a config."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if path.suffix != ".yaml":
            yield number, line
        elif match := re.search(r"(?:^|  )# (?!Result: )(.*)$", line):
            yield number, match[1]


def files(names: tuple[str, ...], *suffixes: str) -> list[Path]:
    """Return the files of rooms that have one of some suffixes."""
    paths = [ROOT / name for name in names]
    found = [path for each in paths for path in (each.rglob("*") if each.is_dir() else [each])]
    return sorted(path for path in found if path.suffix in suffixes)


def wrong_words(text: str) -> list[str]:
    """Return the words of a text that the table replaces."""
    for pattern in (*SAVED, *OTHER_MEANINGS):
        text = re.sub(pattern, " ", text)
    return [
        f"{match[0]!r}: write {better}"
        for word, better in INSTEAD_OF.items()
        for match in re.finditer(rf"(?<![\w.\-])(?:{word})(?![\w\-])", text)
    ]


def check(texts: Iterator[tuple[int, str]]) -> None:
    found = [f"line {number}: {wrong}" for number, text in texts for wrong in wrong_words(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", files(ROOMS, ".py"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_the_words_of_the_field(path: Path) -> None:
    check(python_texts(path))


@pytest.mark.parametrize(
    "path",
    [*files(("imgcls/report/templates",), ".jinja", ".js"), *files(TEXTS, ".md", ".yaml")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_page_has_the_words_of_the_field(path: Path) -> None:
    check(other_texts(path))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("the net answers each picture", 3),
        ("copies in place into pictures/ as answers_test.npz", 0),
        ("MFLOP a picture", 0),
        ("how it looks, beside the others", 2),
        ("networks and images per second", 0),
    ],
)
def test_words_are_found_and_saved_names_are_not(text: str, number: int) -> None:
    assert len(wrong_words(text)) == number
