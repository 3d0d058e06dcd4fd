import json
import threading
from pathlib import Path

import pytest

from imgcls.errors import InputError
from imgcls.runs import find as runs


def make_run(logs: Path, version: int, *checkpoints: str) -> Path:
    run = logs / "net" / f"version_{version}"
    (run / "checkpoints").mkdir(parents=True)
    (run / runs.CONFIG).write_text("seed_everything: 1\n")
    for name in checkpoints:
        (run / "checkpoints" / f"{name}.ckpt").touch()
    return run


def test_claims_count_up_and_leave_gaps_alone(tmp_path: Path) -> None:
    assert runs.claim(tmp_path, "net") == tmp_path / "net" / "version_0"
    (tmp_path / "net" / "version_9").mkdir()
    (tmp_path / "net" / "version_old").mkdir()
    assert runs.claim(tmp_path, "net").name == "version_10"
    assert runs.claim(tmp_path, "other").name == "version_0"


def test_claims_at_the_same_time_get_folders_of_their_own(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    claimed: list[Path] = []

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
    assert runs.newest(tmp_path, "net") == newest


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
        assert runs.run_of(found) == run


def test_best_of_a_run_without_one_tells_what_there_is(tmp_path: Path) -> None:
    make_run(tmp_path, 0, "last")
    with pytest.raises(InputError, match=r"no best\.ckpt in .*; it holds last\.ckpt$"):
        runs.find_checkpoint("best", tmp_path, "net", resume=False)


def test_a_lone_checkpoint_belongs_to_no_run(tmp_path: Path) -> None:
    assert runs.run_of(tmp_path / "checkpoints" / "last.ckpt") is None


def test_a_result_is_read_back_and_absent_before_the_end(tmp_path: Path) -> None:
    assert runs.read_result(tmp_path) == {}
    result = {"data": "Größe", "test": {"accuracy": 0.1 + 0.2}}
    runs.write_result(tmp_path, result)
    assert runs.read_result(tmp_path) == result
    assert json.loads((tmp_path / "result.json").read_text()) == result


@pytest.mark.parametrize(
    ("kept", "read"),
    [("A, 1 threads", "A, 1 thread"), ("A, 11 threads", "A, 11 threads"), ("A GPU", "A GPU")],
)
def test_a_device_that_was_kept_reads_well(tmp_path: Path, kept: str, read: str) -> None:
    runs.write_result(tmp_path, {"device": kept})
    assert runs.read_result(tmp_path) == {"device": read}


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    runs.write_whole(path, "old")

    def fail(self: Path, text: str) -> int:
        with self.open("w") as file:
            file.write(text[:2])
        raise OSError("no space")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        runs.write_whole(path, "new and longer")
    assert path.read_text() == "old"
