from pathlib import Path
from typing import Any

import gpu
import pytest
import torch
from gpu import MODELS, Case, Measured, cases, fraction_of_peak, main

from imgcls.tables import read_markdown

MARKS = ("<!-- gpu: written by benchmarks/gpu.py -->", "<!-- end of gpu -->")
PAGE = f"# Words\n\n{MARKS[0]}\nold\n{MARKS[1]}\n\nMore words.\n"


def test_each_row_changes_one_setting_of_the_first() -> None:
    first, *others = cases("SpeedNet")
    changed = [
        [name for name, value in other._asdict().items() if value != getattr(first, name)]
        for other in others
    ]
    assert all(len(names) == 1 for names in changed)
    assert len(set(others)) == len(others)
    assert {name for names in changed for name in names} == set(Case._fields) - {"net"}


def test_the_fraction_of_the_peak_counts_three_forward_passes() -> None:
    reached = Measured(speed=10_000, flops=1_000_000_000, memory=1)  # 30 TFLOP/s
    name = "NVIDIA A100-SXM4-80GB"
    assert fraction_of_peak(name, "bf16", reached) == pytest.approx(30 / 312)
    assert fraction_of_peak(name, "tf32", reached) == pytest.approx(30 / 156)
    assert fraction_of_peak(name, "float32", reached) == pytest.approx(30 / 19.5)
    assert fraction_of_peak("a GPU of tomorrow", "bf16", reached) is None


def test_without_a_gpu_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_rows_are_written_in_place_and_a_failure_is_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = ["--data=MadeImages", "--data.batch_size=256", "--model=SmallCNN"]
    monkeypatch.setitem(MODELS, "SpeedNet", tiny)
    chosen = [Case("SpeedNet", "float32"), Case("SpeedNet", "float32", compile="true")]
    chosen.append(Case("SpeedNet", "float32", resident="maybe"))
    monkeypatch.setattr(gpu, "cases", lambda model: chosen)

    def compile_nothing(*given: Any, **named: Any) -> None:
        raise RuntimeError("no room | at all\nand more")

    monkeypatch.setattr(torch, "compile", compile_nothing)
    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    main(["--device", "cpu", "--small", "--models", "SpeedNet", "--page", str(page)])
    assert (torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()) == before
    text = page.read_text()
    assert text.startswith("# Words\n")
    assert text.endswith("\n\nMore words.\n")
    assert "old" not in text
    good, full, mistaken = read_markdown(text)
    speed, seconds = (
        float(good[key].replace(",", "")) for key in ("pictures/s", "seconds per epoch")
    )
    assert speed * seconds == pytest.approx(50_000, rel=0.05)
    assert float(good["MB"].replace(",", "")) > 1
    assert full["pictures/s"] == "RuntimeError: no room | at all"
    assert "resident" in mistaken["pictures/s"]
