import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from imgcls.errors import InputError
from imgcls.runs.checkpoints import WholeCheckpointIO, check_fits, read_checkpoint


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Refuse what a full disk would refuse: files may not grow beyond 100 kB."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_fills_keeps_the_old_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoints" / "last.ckpt"
    WholeCheckpointIO().save_checkpoint({"weight": torch.ones(3)}, path)
    text = rf"^no room to write {path} \([\d,]+ MB free\): the last good one is still there"
    with pytest.raises(InputError, match=text):
        WholeCheckpointIO().save_checkpoint({"weight": torch.ones(1_000_000)}, path)
    assert torch.equal(torch.load(path, weights_only=True)["weight"], torch.ones(3))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_any_other_failure_keeps_the_old_checkpoint_and_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint({"weight": torch.ones(3)}, path)

    def refuse(descriptor: int) -> None:
        raise PermissionError(1, "not yours")

    monkeypatch.setattr("imgcls.runs.checkpoints.os.fsync", refuse)
    with pytest.raises(PermissionError, match="not yours"):
        WholeCheckpointIO().save_checkpoint({"weight": torch.zeros(3)}, path)
    assert torch.equal(torch.load(path, weights_only=True)["weight"], torch.ones(3))


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, {"hyper_parameters": {"a": 1}}])
def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="does not say which model it is of"):
        read_checkpoint(tmp_path / "other.ckpt")


def checkpoint_of(model: nn.Module) -> dict[str, object]:
    path = f"imgcls.models.{type(model).__name__}"
    return {"hyper_parameters": {"_class_path": path}, "state_dict": model.state_dict()}


@pytest.mark.parametrize(
    ("there", "here", "text"),
    [
        (
            nn.Linear(2, 3),
            nn.Linear(2, 4),
            r"2 weights differ, such as bias, \(3,\) there and \(4,\)",
        ),
        (nn.Linear(2, 3), nn.Linear(2, 3, bias=False), r"1 .* such as bias, \(3,\) .* absent here"),
        (
            nn.Linear(2, 3, bias=False),
            nn.Linear(2, 3),
            r"such as bias, absent there and \(3,\) here",
        ),
        (nn.Linear(2, 3), nn.Bilinear(2, 2, 3), "is a checkpoint of Linear, the .* is Bilinear"),
    ],
)
def test_weights_of_another_model_are_refused(there: nn.Module, here: nn.Module, text: str) -> None:
    with pytest.raises(InputError, match=text):
        check_fits(checkpoint_of(there), here, Path("net.ckpt"))


def test_weights_that_fit_pass() -> None:
    check_fits(checkpoint_of(nn.Linear(2, 3)), nn.Linear(2, 3), Path("net.ckpt"))
