from types import SimpleNamespace
from typing import Any

import pytest
import torch

from imgcls.data import Digits
from imgcls.evaluation.inference import logits_of
from imgcls.models import SmallCNN


def test_weights_are_moved_with_their_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    data, moved = Digits(), []
    model = SmallCNN(data.num_classes, data.image_shape, padding=1)
    move = model.to

    def heard(*given: Any, **named: Any) -> Any:
        moved.append(torch.is_inference_mode_enabled())
        return move(*given, **named)

    monkeypatch.setattr(model, "to", heard)
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    plugin = SimpleNamespace(forward_context=lambda: torch.autocast("cpu", enabled=False))
    trainer: Any = SimpleNamespace(strategy=strategy, precision_plugin=plugin)
    logits = logits_of(model, data, data.val_images, trainer)
    assert moved == [False]
    assert not logits.requires_grad
    assert len(logits) == len(data.val_images)
