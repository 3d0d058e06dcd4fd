"""Training passes of a backbone that a GPU is given as one piece."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from imgcls.errors import InputError


class GraphedTraining:
    """Runs a backbone in training, forward and backward, as one CUDA graph for each size of batch.

    Without it Python launches every kernel, for which a fast GPU waits. A size is captured when it
    is first met, and again for other weights that are learned; what the captured passes did to
    running means and to the random generator is undone. Gradients lie where the next pass writes
    its own, so they cannot be accumulated. Weights have to stay where they are.

    Args:
        backbone: Turns pictures, or a tuple of them, into features.

    Raises:
        InputError: A size cannot be captured: the backbone asks the GPU for a number, say.
    """

    def __init__(self, backbone: nn.Module) -> None:
        self.backbone = backbone
        self._captured: dict[Any, Callable[[Tensor], Tensor]] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the features of a batch; on a processor the backbone's own answer."""
        batch = _pictures(inputs)
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
        copies = [each.detach().clone() for each in _pictures(inputs)]
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


def _pictures(inputs: Any) -> list[Tensor]:
    return [inputs] if isinstance(inputs, Tensor) else list(inputs)
