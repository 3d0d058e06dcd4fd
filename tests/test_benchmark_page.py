from pathlib import Path

import pytest
from page import machine, publish


def test_a_result_is_written_only_when_requested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- size: written by it -->\nold\n<!-- end of size -->\n")
    publish("size", "| a |", write=False, page=page)
    assert "old" in page.read_text()
    publish("size", "| a |", write=True, page=page)
    assert page.read_text() == ("<!-- size: written by it -->\n\n| a |\n\n<!-- end of size -->\n")
    assert capsys.readouterr().out == "| a |\n" * 2


def test_the_machine_is_named_with_the_threads_that_were_requested() -> None:
    assert ", 1 thread, torch " in machine(1)
    assert ", 2 threads, torch " in machine(2)
    assert "thread" not in machine()
