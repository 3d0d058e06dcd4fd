import re
from pathlib import Path

import pytest
from matplotlib.text import Text

from imgcls import main
from imgcls.plots.figures import new_figure
from imgcls.report.first_page import first_page
from imgcls.report.metadata import command
from imgcls.report.pdf import A3, A4, MARGIN, fill_page
from imgcls.runs.run import Run


def test_a_run_is_printed_on_a4_with_its_author(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCLS_AUTHOR", "A. Student")
    main(["report", str(trained), "--pdf"])
    content = (trained / "report.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", content)
    # metadata, curves, classes, confusions, pairs, calibration, losses, t-SNE, filters, 2 maps
    assert len(boxes) == 11
    for width, height in boxes:
        assert float(width) == pytest.approx(297 / 25.4 * 72, abs=0.5)
        assert float(height) == pytest.approx(210 / 25.4 * 72, abs=0.5)
    assert b"A. Student" in content
    assert b"digits_cnn/version_0" in content


def test_the_first_page_has_the_result_the_command_and_what_is_missing(trained: Path) -> None:
    run = Run(trained)
    figure = first_page(run, ["Without t-SNE: no weights."])
    texts = "\n".join(text.get_text() for text in figure.findobj(Text))
    score = run.result["val"]
    low, high = score["accuracy_interval"]
    assert f"{score['accuracy']:.2%}" in texts
    assert f"95 %: {low:.1%} to {high:.1%}" in texts
    assert "69,866 parameters" in texts
    assert "Without t-SNE: no weights." in texts
    assert "--name digits_cnn" in texts.replace("\n", " ")


@pytest.mark.parametrize(("factor", "paper"), [(0.5, A4), (1.0, A4), (1.4, A4), (2.0, A3)])
def test_letters_follow_the_figure_onto_the_page(
    factor: float, paper: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGCLS_AUTHOR", "A. Student")
    width, height = (side - 2 * MARGIN for side in A4)
    figure = new_figure(factor * width, factor * height, "title")
    label = figure.subplots().set_xlabel("epoch", fontsize=10)
    page = fill_page(figure, "page 1")
    assert page.size == pytest.approx(paper)
    room = [side - 2 * MARGIN for side in paper]
    assert tuple(figure.get_size_inches()) == pytest.approx(room)
    scale = min(room[0] / width, room[1] / height) / factor
    assert label.get_fontsize() == pytest.approx(10 * min(scale, 1.25))
    box = label.get_window_extent()
    assert 0 < box.x0 < box.x1 < figure.bbox.width
    author = next(text for text in figure.findobj(Text) if "A. Student" in text.get_text())
    assert author.get_fontsize() == 8
    foot = author.get_window_extent()
    assert foot.x0 >= 0
    assert 0 <= foot.y0 < foot.y1 < box.y0


def test_a_fine_tuned_run_is_repeated_from_its_source(trained: Path) -> None:
    path = trained / "config.yaml"
    source = "cifar100_cnn/version_2/checkpoints/best.ckpt"
    path.write_text(re.sub("started_from: .*", f"started_from: {source}", path.read_text()))
    words = command(Run(trained)).split()
    assert words[-4:-1] == ["--finetune", "true", "--ckpt_path"]
    assert words[-1] == str(trained.parents[1] / source)
