import json
from pathlib import Path

import torch
from commands import Command, Fit
from torch import Tensor, nn

from imgcls.batch import Batch
from imgcls.callbacks import TestTimeAugmentation


class Corner(nn.Module):
    """Predictions with the pixel in the upper left corner."""

    def forward(self, inputs: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        pictures = inputs if isinstance(inputs, Tensor) else inputs[0] + inputs[1]
        return pictures[:, :, 0, 0]


class Exact:
    """A trainer whose precision changes nothing."""

    class precision_plugin:  # noqa: N801
        @staticmethod
        def forward_context() -> torch.no_grad:
            return torch.no_grad()


def averaged(inputs: object) -> Tensor:
    callback = TestTimeAugmentation()
    callback.on_test_start(Exact(), Corner())  # type: ignore[arg-type]
    batch = Batch(inputs, torch.zeros(1), torch.zeros(1))
    callback.on_test_batch_end(Exact(), Corner(), None, batch, 0)  # type: ignore[arg-type]
    return callback.logits()


def test_the_views_are_the_picture_its_mirror_and_both_moved_by_a_pixel() -> None:
    picture = torch.arange(12.0).view(1, 1, 3, 4) ** 2
    plain, upwards, downwards = picture[0, 0], picture[0, 0, 1], picture[0, 0, 1]
    corners = [
        (plain[0, 0], 0.25), (plain[0, 3], 0.25),
        (upwards[1], 0.125), (upwards[2], 0.125),  # moved up and left: the last column mirrored
        (downwards[1], 0.125), (downwards[2], 0.125),  # moved down and right: the first ones
    ]  # fmt: skip
    expected = torch.stack([value * share for value, share in corners]).sum()
    assert torch.isclose(averaged(picture)[0, 0], expected)


def test_a_pair_of_inputs_is_seen_alike() -> None:
    picture = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(averaged((picture, picture)), 2 * averaged(picture))


def test_the_scores_stand_beside_the_plain_ones(fit: Fit, command: Command) -> None:
    run = fit("--data.batch_size", 50)
    command("test", "--ckpt_path", run)
    plain = json.loads(Path(run / "result.json").read_text())["test"]
    command("test", "--ckpt_path", run, "--trainer.callbacks+=TestTimeAugmentation")
    result = json.loads(Path(run / "result.json").read_text())
    assert result["test"] == plain
    assert result["test_tta"]["images"] == plain["images"]
    assert result["test_tta"]["loss"] != plain["loss"]
    assert result["test_evaluations"] == 2
