"""What a data set says of its images, and what a checkpoint has of it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from imgcls.data.sources.find import DatasetFiles
from imgcls.data.sources.image_files import Resize
from imgcls.errors import InputError


class Metadata:
    """The part of a data module that a checkpoint has, so that it explains itself.

    Attributes:
        classes: Names of the K classes.
        image_shape: ``(C, H, W)``.
        mean: Of each channel, in [0, 1].
        std: Of each channel, in [0, 1].
    """

    classes: Sequence[str]
    image_shape: tuple[int, int, int]
    mean: Sequence[float]
    std: Sequence[float]
    files: ClassVar[DatasetFiles | None] = None
    _resize: Resize | None = None

    @property
    def resize(self) -> Resize:
        """How images of another size are resized where they are predicted."""
        return self._resize or (self.files.resize if self.files else None) or "crop"

    def state_dict(self) -> dict[str, Any]:
        """Return what predictions need to know of the data that a model was trained on."""
        return {
            "data": type(self).__name__,
            "classes": list(self.classes),
            "image_shape": list(self.image_shape),
            "mean": list(self.mean),
            "std": list(self.std),
            "resize": self.resize,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take mean, standard deviation and resizing from a checkpoint, as its weights expect them.

        Checkpoints of before there was ``resize`` leave it as it is.

        Raises:
            InputError: The classes of the checkpoint and of the data differ.
        """
        if words := class_difference(state_dict, self.classes, type(self).__name__):
            raise InputError(words)
        self.mean, self.std = tuple(state_dict["mean"]), tuple(state_dict["std"])
        self._resize = state_dict.get("resize")


def class_difference(trained: dict[str, Any], classes: Sequence[str], name: str) -> str:
    """Return that weights were trained on other classes, and what to do; "" if they were not.

    Args:
        trained: What the checkpoint has, see `Metadata.state_dict`.
        classes: Those of the data.
        name: Of the data.
    """
    theirs, ours = list(trained["classes"]), list(classes)
    if theirs == ours:
        return ""
    strangers = sorted(set(theirs) ^ set(ours)) or ["the same names in another order"]
    return (
        f"the checkpoint was trained on {len(theirs)} classes of {trained['data']}, the data "
        f"{name} has {len(ours)}; they differ in: {', '.join(strangers[:6])}: give the data it "
        "was trained on; 'imgcls fit --finetune true' starts a new run from its backbone"
    )
