import json
from pathlib import Path

import pytest
import torch
from commands import Command, Fit
from torch import Tensor, nn

from imgcls.batch import Batch
from imgcls.callbacks import TestTimeAugmentation


class Pixel(nn.Module):
    """Predicts one pixel."""

    def __init__(self, row: int = 0, column: int = 0) -> None:
        super().__init__()
        self.row, self.column = row, column

    def forward(self, inputs: Tensor | tuple[Tensor, Tensor]) -> Tensor:
        images = inputs if isinstance(inputs, Tensor) else inputs[0] + inputs[1]
        return images[:, :, self.row, self.column]


class Exact:
    """A trainer whose precision changes nothing."""

    class precision_plugin:  # noqa: N801
        @staticmethod
        def forward_context() -> torch.no_grad:
            return torch.no_grad()


def averaged(inputs: object, *pixel: int) -> Tensor:
    callback, model = TestTimeAugmentation(), Pixel(*pixel)
    callback.on_test_start(Exact(), model)  # type: ignore[arg-type]
    batch = Batch(inputs, torch.zeros(1), torch.zeros(1))
    callback.on_test_batch_end(Exact(), model, None, batch, 0)  # type: ignore[arg-type]
    return callback.logits()


@pytest.mark.parametrize(
    ("pixel", "plain", "upper_left", "lower_right"),
    [  # where each view and its mirror have the pixel from, of 3 rows and 4 columns
        ((0, 0), [(0, 0), (0, 3)], [(1, 1), (1, 2)], [(1, 1), (1, 2)]),
        ((1, 1), [(1, 1), (1, 2)], [(2, 2), (2, 3)], [(0, 0), (0, 1)]),
        ((2, 3), [(2, 3), (2, 0)], [(1, 2), (1, 1)], [(1, 2), (1, 1)]),
        ((1, 0), [(1, 0), (1, 3)], [(2, 1), (2, 2)], [(0, 1), (0, 2)]),
    ],
)
def test_the_views_are_the_image_its_mirror_and_both_moved_by_a_pixel(
    pixel: tuple[int, int],
    plain: list[tuple[int, int]],
    upper_left: list[tuple[int, int]],
    lower_right: list[tuple[int, int]],
) -> None:
    image = torch.arange(12.0).view(1, 1, 3, 4) ** 2
    moved = [*upper_left, *lower_right]
    expected = [image[0, 0, row, column] / 4 for row, column in plain]
    expected += [image[0, 0, row, column] / 8 for row, column in moved]
    assert torch.isclose(averaged(image, *pixel)[0, 0], torch.stack(expected).sum())


def test_a_pair_of_inputs_is_seen_alike() -> None:
    image = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(averaged((image, image)), 2 * averaged(image))


def test_its_scores_are_added_to_the_plain_ones(fit: Fit, command: Command) -> None:
    run = fit("--data.batch_size", 50)
    command("test", "--ckpt_path", run)
    plain = json.loads(Path(run / "result.json").read_text())["test"]
    command("test", "--ckpt_path", run, "--trainer.callbacks+=TestTimeAugmentation")
    result = json.loads(Path(run / "result.json").read_text())
    assert result["test"] == plain
    assert result["test_tta"]["images"] == plain["images"]
    assert result["test_tta"]["loss"] != plain["loss"]
    assert result["test_evaluations"] == 2
