"""Classes that a split holds no image of."""

from collections.abc import Sequence

from imgcls.data.images import Images
from imgcls.errors import listed


def missing_classes(images: Images, classes: Sequence[str]) -> list[str]:
    """Return the names of the classes without an image.

    Args:
        images: Of a split.
        classes: The K class names.
    """
    counts = images.labels.bincount(minlength=len(classes)).tolist()
    return [name for name, count in zip(classes, counts, strict=True) if not count]


def without_images(classes: Sequence[str], where: str) -> str:
    """Return in a line that classes have no images somewhere, and what to do."""
    subject = "class {} has" if len(classes) == 1 else "classes {} have"
    return (
        f"{subject.format(listed([repr(name) for name in classes]))} no images in {where}: add "
        "some, leave the class out by data.classes, or continue by --allow_missing_classes true"
    )
