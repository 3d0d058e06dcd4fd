"""Training passes of a backbone as CUDA graphs."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from imgcls.errors import InputError


class GraphedTraining:
    """Runs a backbone in training, forward and backward, as one CUDA graph for each batch size.

    Without graphs Python launches every kernel, and a fast GPU waits for it. A size is captured
    when it first occurs, and again if other weights are trained; changes of the captured passes to
    running means and to the random generator are undone. The next pass overwrites the gradients, so
    they cannot be accumulated. Weights must stay at their addresses.

    Args:
        backbone: Computes features of images, or of a tuple of them.

    Raises:
        InputError: A size cannot be captured, for example since the backbone reads a number from
            the GPU.
    """

    def __init__(self, backbone: nn.Module) -> None:
        self.backbone = backbone
        self._captured: dict[Any, Callable[[Tensor], Tensor]] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the features of a batch; on a CPU those of the backbone itself."""
        batch = _tensors(inputs)
        learned = tuple(each.requires_grad for each in self.backbone.parameters())
        if not (batch[0].is_cuda and torch.is_grad_enabled() and any(learned)):
            features: Tensor = self.backbone(inputs)
            return features
        kind = tuple((each.shape, each.dtype) for each in batch), learned
        if kind not in self._captured:
            self._captured[kind] = self._capture(inputs)
        return self._captured[kind](inputs)

    def _capture(self, inputs: Tensor) -> Callable[[Tensor], Tensor]:
        buffers = list(self.backbone.buffers())
        before = [buffer.clone() for buffer in buffers]
        copies = [each.detach().clone() for each in _tensors(inputs)]
        sample = copies[0] if isinstance(inputs, Tensor) else tuple(copies)
        precision = torch.get_autocast_dtype("cuda")
        cast = torch.is_autocast_enabled("cuda")
        try:
            with (
                torch.random.fork_rng([copies[0].device]),
                torch.autocast("cuda", precision, enabled=cast, cache_enabled=False),
            ):
                torch.cuda.make_graphed_callables(self.backbone, (sample,), allow_unused_input=True)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"the backbone cannot be captured as a CUDA graph ({reason}): "
                "give --machine.cuda_graphs false"
            ) from error
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)
        graphed: Callable[[Tensor], Tensor] = vars(self.backbone).pop("forward")
        return graphed


def _tensors(inputs: Any) -> list[Tensor]:
    return [inputs] if isinstance(inputs, Tensor) else list(inputs)
