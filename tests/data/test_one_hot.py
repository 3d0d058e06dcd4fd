import torch
from commands import Fit, curve, same_weights

from imgcls.batch import Batch
from imgcls.data.digits import Digits
from imgcls.runs.run import Run
from imgcls.transforms.mix import MixUp


class InTraining:
    training = True
    current_epoch = 0
    max_epochs = 1


def moved(data: Digits, training: bool) -> Batch:
    data.trainer = InTraining() if training else None
    return data.on_after_batch_transfer(data.load("train").batch([0, 5, 9]), 0)


def test_targets_are_distributions_in_training_and_evaluation() -> None:
    data = Digits(one_hot=True, classes=("1", "0"), val_fraction=0)
    batch = data.train_images.batch([0, 1, 2])

    targets = data.on_after_batch_transfer(batch, 0).targets

    assert targets.dtype == torch.float32
    assert targets.tolist() == [[1.0, 0.0] if label == 0 else [0.0, 1.0] for label in batch.targets]
    whole = Digits(one_hot=True)
    assert torch.equal(moved(whole, training=True).targets, moved(whole, training=False).targets)


def test_mixed_targets_stay_as_they_are() -> None:
    ours, theirs = Digits(one_hot=True, mix=MixUp(1.0)), Digits(mix=MixUp(1.0))

    assert torch.equal(moved(ours, training=True).targets, moved(theirs, training=True).targets)


def test_the_same_is_learned_as_from_labels(fit: Fit) -> None:
    labels, one_hot = fit(epochs=2), fit("--data.one_hot=true", epochs=2)

    assert same_weights(labels, one_hot)
    assert curve(labels) == curve(one_hot)
    ours, theirs = Run(labels).result, Run(one_hot).result
    assert all(ours[split] == theirs[split] for split in ("train", "val"))
