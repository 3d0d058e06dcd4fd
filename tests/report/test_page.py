import re
from pathlib import Path

import pytest
from commands import Command

from imgcls import main
from imgcls.runs import read_result


def report(run: Path) -> str:
    main(["report", str(run)])
    return (run / "report.html").read_text()


def test_a_page_tells_what_the_run_did_and_loads_nothing(trained: Path, command: Command) -> None:
    command("test", "--ckpt_path", trained)
    text = report(trained)
    result = read_result(trained)
    for split in ("train", "val", "test"):
        assert f"{100 * result[split]['accuracy']:.2f} %" in text
    assert "looked at\nonce" in text
    assert "Classes of the test split" in text
    assert "class_path: imgcls.data.Digits" in text or "class_path: Digits" in text
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="', text)
    assert len(text) < 6 * 2**20


def test_an_untested_run_shows_its_validation_split(trained: Path) -> None:
    text = report(trained)
    assert "Not tested yet" in text
    assert "Classes of the validation split" in text


def test_a_run_without_answers_has_a_page_too(trained: Path) -> None:
    (trained / "answers_val.npz").unlink()
    text = report(trained)
    assert "Loss over the epochs" in text
    assert "Classes of the" not in text


def test_names_are_no_markup(trained: Path) -> None:
    path = trained / "result.json"
    path.write_text(path.read_text().replace('"digits_cnn"', '"<b>&"'))
    assert "<title>&lt;b&gt;&amp;/version_0</title>" in report(trained)


@pytest.mark.parametrize("missing", ["config.yaml", "metrics.csv"])
def test_half_a_run_is_refused(
    missing: str, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trained / missing).unlink()
    with pytest.raises(SystemExit, match=r"^2$"):
        report(trained)
    assert f"has no {missing}: give the folder of a finished run" in capsys.readouterr().err
