from types import SimpleNamespace
from typing import Any

import pytest
import torch
from commands import Fit, curve, same_weights

from imgcls.data import Digits
from imgcls.data.resident import ResidentLoader, ResidentPixels

CPU, GPU = torch.device("cpu"), torch.device("meta")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the meta device stand for a GPU with so many bytes free; a test may change them."""
    memory = SimpleNamespace(bytes=2**30)
    monkeypatch.setattr("imgcls.data.resident.DEVICES", ("meta",))
    monkeypatch.setattr("imgcls.data.resident.free_bytes", lambda device: memory.bytes)
    return memory


@pytest.mark.parametrize("epoch", [0, 3])
def test_its_batches_are_those_of_the_ordinary_loader(epoch: int) -> None:
    data = Digits(batch_size=100, classes=("7", "2", "5"), seed=4)
    ordinary = data.train_dataloader()
    images, sampler = data.train_images, ordinary.sampler
    loader = ResidentLoader(images, images.pixels, 100, sampler, drop_last=True)  # type: ignore[arg-type]
    loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
    pairs = list(zip(ordinary, loader, strict=True))
    assert len(loader) == len(pairs) == len(images) // 100
    for one, other in pairs:
        assert all(torch.equal(*parts) for parts in zip(one, other, strict=True))


def test_without_a_sampler_it_gives_all_images_in_order() -> None:
    images = Digits().val_images
    loader = ResidentLoader(images, images.pixels, 50)
    batches = list(loader)
    assert len(loader) == len(batches) == 3
    assert torch.equal(torch.cat([batch.index for batch in batches]), images.rows)


def test_splits_share_what_was_moved_once(free: Any) -> None:
    data, resident = Digits(), ResidentPixels()
    moved = resident.of(data.train_images, GPU)
    assert moved is not None
    assert moved.device == GPU
    assert resident.of(data.val_images, GPU) is moved
    assert resident.of(data.test_images, GPU) is not moved


def test_a_cpu_has_them_anyway() -> None:
    assert ResidentPixels().of(Digits().train_images, CPU) is None


def test_what_does_not_fit_in_half_of_the_memory_stays_and_is_printed_once(
    free: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    data, resident = Digits(), ResidentPixels()
    free.bytes = 2 * data.train_images.pixels.nbytes
    assert resident.of(data.train_images, GPU) is not None
    free.bytes -= 1
    again = ResidentPixels()
    assert again.of(data.train_images, GPU) is again.of(data.val_images, GPU) is None
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert "stay in main memory" in printed


def test_the_same_is_learned_from_resident_images(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fit(epochs=2)
    monkeypatch.setattr("imgcls.data.resident.DEVICES", ("cpu",))
    monkeypatch.setattr("imgcls.data.resident.free_bytes", lambda device: 2**30)
    passes: list[ResidentLoader] = []
    iterate = ResidentLoader.__iter__

    def counted(loader: ResidentLoader) -> Any:
        passes.append(loader)
        return iterate(loader)

    monkeypatch.setattr(ResidentLoader, "__iter__", counted)
    host = fit("--machine.resident", "false", epochs=2)
    assert not passes
    resident = fit(epochs=2)
    assert passes
    for run in (host, resident):
        assert same_weights(run, plain)
        assert curve(run) == curve(plain)
