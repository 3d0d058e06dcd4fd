"""Training passes of a backbone that a GPU is given as one piece."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map


class GraphedTraining:
    """Runs a backbone in training, forward and backward, as one CUDA graph for each size of batch.

    Without it Python launches every kernel, for which a fast GPU waits. A size is captured when it
    is first met, in about 0.1 s; what the captured passes did to running means is undone. Gradients
    lie where the next pass writes its own, so they cannot be accumulated.

    Args:
        backbone: Turns pictures, or a list of pictures, into features.
    """

    def __init__(self, backbone: nn.Module) -> None:
        self.backbone = backbone
        self._captured: dict[tuple[torch.Size, ...], Callable[[Tensor], Tensor]] = {}

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the features of a batch; on a processor the backbone's own answer."""
        batch = tree_leaves(inputs)
        if not batch[0].is_cuda:
            features: Tensor = self.backbone(inputs)
            return features
        sizes = tuple(each.shape for each in batch)
        if sizes not in self._captured:
            self._captured[sizes] = self._capture(inputs)
        return self._captured[sizes](inputs)

    def _capture(self, inputs: Tensor) -> Callable[[Tensor], Tensor]:
        buffers = list(self.backbone.buffers())
        before = [buffer.clone() for buffer in buffers]
        sample = tree_map(lambda each: each.detach().clone(), inputs)
        precision = torch.get_autocast_dtype("cuda")
        cast = torch.is_autocast_enabled("cuda")
        with torch.autocast("cuda", precision, enabled=cast, cache_enabled=False):
            torch.cuda.make_graphed_callables(self.backbone, (sample,), allow_unused_input=True)
        for buffer, value in zip(buffers, before, strict=True):
            buffer.copy_(value)
        graphed: Callable[[Tensor], Tensor] = vars(self.backbone).pop("forward")
        return graphed
