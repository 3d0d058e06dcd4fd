import csv

import pytest

from imgcls.tables import WRITERS, Cell, aligned, comma_separated, latex, markdown, read_markdown

ROWS = [
    {
        "run": Cell("a_b & c", {"run": "a_b & c"}),
        "accuracy": Cell("93.00 ± 3.61 %", {"mean": 93.0, "std": 3.61}),
        "device": Cell("x|y", {"device": 'x, "y"'}),
    },
    {
        "run": Cell("{~}", {"run": "{~}"}),
        "accuracy": Cell("-", {"mean": None, "std": None}),
        "device": Cell(r"\^", {"device": r"\^"}),
    },
]


def test_markdown_has_numbers_to_the_right_and_no_bar_in_a_cell() -> None:
    assert markdown(ROWS).split("\n") == [
        "| run | accuracy | device |",
        "|---|---:|---|",
        r"| a_b & c | 93.00 ± 3.61 % | x\|y |",
        r"| {~} | - | \^ |",
    ]


def test_markdown_reads_back_among_other_lines() -> None:
    texts = [{heading: cell.text for heading, cell in row.items()} for row in ROWS]
    assert read_markdown(f"Finished:\n\n{markdown(ROWS)}\n\nFailed: one") == texts
    assert read_markdown("no table") == []


def test_a_csv_has_a_column_a_value_and_reads_back() -> None:
    text = comma_separated(ROWS)
    assert list(csv.reader(text.split("\n"))) == [
        ["run", "mean", "std", "device"],
        ["a_b & c", "93.0", "3.61", 'x, "y"'],
        ["{~}", "", "", r"\^"],
    ]


def test_latex_escapes_what_tex_would_take_as_its_own() -> None:
    assert latex(ROWS).split("\n") == [
        r"\begin{tabular}{lrl}",
        r"\toprule",
        r"run & accuracy & device \\",
        r"\midrule",
        r"a\_b \& c & 93.00 $\pm$ 3.61 \% & x|y \\",
        r"\{\textasciitilde{}\} & - & \textbackslash{}\textasciicircum{} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


@pytest.mark.parametrize("form", WRITERS)
def test_no_form_ends_its_text_with_a_line_break(form: str) -> None:
    assert not WRITERS[form](ROWS).endswith("\n")


def test_text_is_aligned_and_as_wide_as_it_must_be() -> None:
    assert aligned(ROWS).split("\n") == [
        "run            accuracy  device",
        "-------  --------------  ------",
        "a_b & c  93.00 ± 3.61 %  x|y",
        "{~}                   -  \\^",
    ]


def test_what_does_not_fit_is_left_out_and_named() -> None:
    narrow = aligned(ROWS, 22, ["accuracy"]).split("\n")
    assert narrow[2] == "93.00 ± 3.61 %  x|y"
    assert narrow[-2:] == ["not shown, for want of", "room: run"]
    assert max(map(len, narrow)) <= 22
    assert aligned(ROWS, 3).split("\n")[0] == "run"
    assert max(map(len, aligned(ROWS, 31).split("\n"))) == 31
