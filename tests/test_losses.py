"""Each loss against torch's own or its formula, value and gradient, in double precision."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax
from torch import Tensor, nn
from torch.nn import functional

from imgcls import losses
from imgcls.errors import InputError

Loss = Callable[[Tensor, Tensor], Tensor]
COUNT, CLASSES = 12, 7
WEIGHTS = torch.tensor([0.5, 2.0, 0.0, 1.0, 3.0, 1.5, 0.25], dtype=torch.float64)


def drawn(scale: float) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return scale * torch.randn(COUNT, CLASSES, generator=generator, dtype=torch.float64)


def labels() -> Tensor:
    return torch.arange(COUNT) % CLASSES


def distributions() -> Tensor:
    return drawn(1.0).flip(0).softmax(1)


def value_and_slope(loss: Loss, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    (slope,) = torch.autograd.grad(value, logits)
    return value.detach(), slope


def compare(ours: Loss, theirs: Loss, logits: Tensor, targets: Tensor) -> None:
    value, slope = value_and_slope(ours, logits, targets)
    expected_value, expected_slope = value_and_slope(theirs, logits, targets)
    assert value.isfinite()
    torch.testing.assert_close(value, expected_value, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(slope, expected_slope, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("targets", [labels(), distributions()], ids=["labels", "soft"])
def test_cross_entropy_is_torchs(
    targets: Tensor, smoothing: float, weights: Tensor | None, scale: float
) -> None:
    compare(
        lambda logits, t: losses.cross_entropy(logits, t, smoothing, weights),
        lambda logits, t: functional.cross_entropy(
            logits, t, weight=weights, label_smoothing=smoothing
        ),
        drawn(scale),
        targets,
    )


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_log_softmax_is_torchs(scale: float) -> None:
    logits = drawn(scale)
    torch.testing.assert_close(losses.log_softmax(logits), logits.log_softmax(1))


def test_one_hot_targets_are_labels() -> None:
    logits = drawn(3.0)
    one_hot = functional.one_hot(labels(), CLASSES).double()
    for loss in (losses.cross_entropy, losses.focal_loss):
        assert loss(logits, one_hot) == loss(logits, labels())


def test_soft_targets_sum_to_one() -> None:
    soft = losses.soft_targets(labels(), drawn(1.0), smoothing=0.3)
    torch.testing.assert_close(soft.sum(1), torch.ones(COUNT, dtype=torch.float64))
    assert soft[0, 0] == pytest.approx(0.7 + 0.3 / CLASSES)
    assert soft[0, 1] == pytest.approx(0.3 / CLASSES)


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("targets", [labels(), distributions()], ids=["labels", "soft"])
def test_focal_without_focus_is_cross_entropy(targets: Tensor, scale: float) -> None:
    compare(
        lambda logits, t: losses.focal_loss(logits, t, gamma=0.0),
        functional.cross_entropy,
        drawn(scale),
        targets,
    )


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_is_its_formula(gamma: float) -> None:
    def formula(logits: Tensor, targets: Tensor) -> Tensor:
        p = logits.softmax(1).gather(1, targets[:, None])
        return (-((1 - p) ** gamma) * p.log()).mean()

    compare(lambda logits, t: losses.focal_loss(logits, t, gamma), formula, drawn(2.0), labels())


def focal_by_hand(
    logits: NDArray[np.float64], soft: NDArray[np.float64], gamma: float
) -> tuple[float, NDArray[np.float64]]:
    """Return value and slope: ``dL/dz_j = sum_k t_k g_k (1[k = j] - p_j)``, ``g_k`` being the
    slope of a term by ``log p_k``, ``gamma p_k (1 - p_k)^(gamma - 1) log p_k - (1 - p_k)^gamma``.
    """
    log_p = log_softmax(logits, axis=1)
    p, other = np.exp(log_p), -np.expm1(log_p)
    terms = soft * (gamma * p * other ** (gamma - 1) * log_p - other**gamma)
    slope = terms - p * terms.sum(1, keepdims=True)
    value = -(soft * other**gamma * log_p).sum(1).mean()
    return float(value), slope / len(logits)


@pytest.mark.parametrize("gamma", [1.0, 2.0, 5.0])
@pytest.mark.parametrize(
    "logits", [drawn(2.0), drawn(1e4), drawn(1e4).sign() * 1e4], ids=["small", "large", "ties"]
)
def test_focal_of_soft_targets_is_its_formula(logits: Tensor, gamma: float) -> None:
    value, slope = value_and_slope(
        lambda logits, t: losses.focal_loss(logits, t, gamma), logits, distributions()
    )
    expected_value, expected_slope = focal_by_hand(logits.numpy(), distributions().numpy(), gamma)
    assert value.item() == pytest.approx(expected_value, rel=1e-12)
    np.testing.assert_allclose(slope.numpy(), expected_slope, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_focal_of_certain_predictions_has_a_finite_gradient(gamma: float) -> None:
    certain = drawn(1e4)
    loss, slope = value_and_slope(
        lambda logits, t: losses.focal_loss(logits, t, gamma), certain, certain.argmax(1)
    )
    assert loss == 0
    assert slope.isfinite().all()
    wrong = (certain.argmax(1) + 1) % CLASSES
    loss, slope = value_and_slope(
        lambda logits, t: losses.focal_loss(logits, t, gamma), certain, wrong
    )
    torch.testing.assert_close(loss, functional.cross_entropy(certain, wrong))
    assert slope.isfinite().all()


@pytest.mark.parametrize("loss", [losses.CrossEntropy(0.1), losses.Focal()])
def test_half_precision_is_computed_in_single(loss: nn.Module) -> None:
    logits = drawn(3.0).bfloat16()
    assert loss(logits, labels()).dtype == torch.float32
    assert loss(logits, labels()) == loss(logits.float(), labels())


def test_a_module_computes_with_its_options() -> None:
    weighted = losses.CrossEntropy(0.3, tuple(WEIGHTS.tolist()))
    compare(
        weighted,
        lambda logits, t: functional.cross_entropy(logits, t, weight=WEIGHTS, label_smoothing=0.3),
        drawn(2.0),
        labels(),
    )
    assert not weighted.state_dict()  # a checkpoint loads whatever the weights of classes are
    value, _ = focal_by_hand(drawn(2.0).numpy(), distributions().numpy(), 3.5)
    assert losses.Focal(3.5)(drawn(2.0), distributions()).item() == pytest.approx(value, rel=1e-12)


def test_penalties_are_their_formulas() -> None:
    weights = [torch.tensor([[1.0, -2.0]]).requires_grad_(), torch.tensor([[3.0]])]
    assert losses.Penalty("l1", 0.5)(weights) == 0.5 * 6
    assert losses.Penalty("l2", 0.5)(weights) == 0.5 * 14 / 2


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_penalties_are_torchs(norm: Literal["l1", "l2"], scale: float) -> None:
    theirs, factor = (functional.l1_loss, 1.0) if norm == "l1" else (functional.mse_loss, 0.5)

    def cost(weight: Tensor) -> Tensor:
        return factor * theirs(weight, torch.zeros_like(weight), reduction="sum")

    weights = drawn(scale)
    weights[0, 0] = 0.0  # where |w| has a corner
    compare(
        lambda weight, _: losses.Penalty(norm, 0.3)([weight, 2 * weight[1]]),
        lambda weight, _: 0.3 * (cost(weight) + cost(2 * weight[1])),
        weights,
        labels(),
    )


def test_an_l2_penalty_is_the_weight_decay_of_plain_sgd() -> None:
    def stepped(decay: float, penalty: losses.Penalty | None) -> Tensor:
        torch.manual_seed(0)
        layer = nn.Linear(4, 3, bias=False)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1, weight_decay=decay)
        loss = layer(torch.ones(2, 4)).square().mean()
        (loss + penalty(layer.parameters()) if penalty else loss).backward()
        optimizer.step()
        return layer.weight.detach()

    torch.testing.assert_close(stepped(0.3, None), stepped(0.0, losses.Penalty("l2", 0.3)))


def test_probabilities_are_distinguished_from_logits() -> None:
    logits = drawn(5.0)
    assert losses.are_probabilities(logits.softmax(1))
    assert losses.are_probabilities(logits.softmax(1).bfloat16())
    assert not losses.are_probabilities(logits)
    assert not losses.are_probabilities(logits.log_softmax(1))
    assert not losses.are_probabilities(logits.sigmoid())
    assert not losses.are_probabilities(torch.tensor([[0.3, 0.7], [0.3, 0.9]]))  # one row alone
    assert not losses.are_probabilities(torch.tensor([[2.0, -1.0], [-0.5, 1.5]]))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: losses.CrossEntropy(smoothing=1.0), "smoothing is 1.0"),
        (lambda: losses.CrossEntropy(class_weights=(1.0, -1.0)), "class_weights has -1.0"),
        (
            lambda: losses.CrossEntropy(class_weights=(1.0,) * 3)(drawn(1.0), labels()),
            "class_weights has 3 numbers for 7 classes",
        ),
        (lambda: losses.Focal(gamma=-1.0), "gamma is -1.0"),
        (lambda: losses.Penalty("l1", -0.1), "strength is -0.1"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        make()
