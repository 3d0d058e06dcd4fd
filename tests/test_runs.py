import json
import threading
from pathlib import Path

import pytest

from imgcls.errors import InputError
from imgcls.files import write_whole
from imgcls.runs import find as runs
from imgcls.runs.migration import FORMAT
from imgcls.runs.run import Run


def make_run(logs: Path, version: int, *checkpoints: str) -> Path:
    run = logs / "net" / f"version_{version}"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.yaml").write_text("seed_everything: 1\n")
    for name in checkpoints:
        (run / "checkpoints" / f"{name}.ckpt").touch()
    return run


def test_claims_count_up_and_leave_gaps_alone(tmp_path: Path) -> None:
    assert runs.claim(tmp_path, "net") == Run(tmp_path / "net" / "version_0")
    (tmp_path / "net" / "version_9").mkdir()
    (tmp_path / "net" / "version_old").mkdir()
    assert runs.claim(tmp_path, "net").folder.name == "version_10"
    assert runs.claim(tmp_path, "other").folder.name == "version_0"


def test_claims_at_the_same_time_get_folders_of_their_own(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    claimed: list[Run] = []

    def claim() -> None:
        start.wait()
        claimed.extend(runs.claim(tmp_path, "net") for _ in range(20))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(claimed)) == len(claimed) == 160


def test_the_newest_run_is_the_highest_number_with_a_checkpoint(tmp_path: Path) -> None:
    make_run(tmp_path, 9, "last")
    newest = make_run(tmp_path, 10, "last")
    make_run(tmp_path, 11)
    assert runs.newest(tmp_path, "net") == Run(newest)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("there", [("best", "last"), ("last",)])
def test_a_folder_means_the_checkpoint_that_the_verb_needs(
    tmp_path: Path, resume: bool, there: tuple[str, ...]
) -> None:
    run = make_run(tmp_path, 0, *there)
    wanted = "last" if resume or "best" not in there else "best"
    for folder in (run, run / "checkpoints"):
        found = runs.find_checkpoint(str(folder), tmp_path, "net", resume)
        assert found == run / "checkpoints" / f"{wanted}.ckpt"
        assert runs.run_of(found) == Run(run)


def test_best_of_a_run_without_one_tells_what_there_is(tmp_path: Path) -> None:
    make_run(tmp_path, 0, "last")
    with pytest.raises(InputError, match=r"no best\.ckpt in .*; it holds last\.ckpt$"):
        runs.find_checkpoint("best", tmp_path, "net", resume=False)


def test_a_lone_checkpoint_belongs_to_no_run(tmp_path: Path) -> None:
    assert runs.run_of(tmp_path / "checkpoints" / "last.ckpt") is None


def test_a_result_is_read_back_and_absent_before_the_end(tmp_path: Path) -> None:
    assert Run(tmp_path).result == {}
    result = {"data": "Größe", "test": {"accuracy": 0.1 + 0.2}}
    Run(tmp_path).write_result(result)
    assert Run(tmp_path).result == {"format_version": FORMAT, **result}
    assert json.loads((tmp_path / "result.json").read_text()) == Run(tmp_path).result


@pytest.mark.parametrize(
    ("saved", "read"),
    [("A, 1 threads", "A, 1 thread"), ("A, 11 threads", "A, 11 threads"), ("A GPU", "A GPU")],
)
def test_a_device_that_was_saved_reads_well(tmp_path: Path, saved: str, read: str) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"device": saved}))  # of before versions
    assert Run(tmp_path).result == {"device": read, "format_version": 1}


@pytest.mark.parametrize("name", ["config.yaml", "result.json"])
def test_a_run_of_a_newer_imgcls_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps({"format_version": FORMAT + 1}))
    with pytest.raises(InputError, match=rf"{name} has format {FORMAT + 1}, .* a newer imgcls$"):
        getattr(Run(tmp_path), name.partition(".")[0])


def test_files_say_which_format_they_have(tmp_path: Path) -> None:
    Run(tmp_path).write_config({"seed_everything": 1})
    Run(tmp_path).write_result({"train": {}})
    assert Run(tmp_path).config["format_version"] == FORMAT
    assert Run(tmp_path).is_finished


def test_a_run_is_named_by_a_string_as_by_a_path(tmp_path: Path) -> None:
    run = Run(str(tmp_path / "net" / "version_3"))
    assert run == Run(tmp_path / "net" / "version_3")
    assert (run.experiment, run.number, Path(run)) == ("net", 3, tmp_path / "net" / "version_3")


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_whole(path, "old")

    def fail(self: Path, text: str, encoding: str) -> int:
        with self.open("w", encoding=encoding) as file:
            file.write(text[:2])
        raise OSError("no space")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, "new and longer")
    assert path.read_text() == "old"
