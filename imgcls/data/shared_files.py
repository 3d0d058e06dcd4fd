"""Files of the same content in two splits."""

from imgcls.batch import Split
from imgcls.data.image_data import ImageDataModule

PAIRS: tuple[tuple[Split, Split], ...] = (("val", "train"), ("test", "train"), ("test", "val"))


def shared_files(data: ImageDataModule) -> str:
    """Return how many files of a split are in another one too, by their content, else ""."""
    words = []
    for split, other in PAIRS:
        ours, theirs = data.file_hashes(split), data.file_hashes(other)
        if ours and theirs:
            contents = set(theirs.values())
            count = sum(content in contents for content in ours.values())
            if count:
                words.append(f"{count} of {len(ours)} {split} images are also in {other}")
    return ", ".join(words)
