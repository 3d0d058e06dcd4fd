"""Splits drawn by the content of files, so that one more file hardly changes them."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal


def drawn_contents(
    classes: Mapping[str, Sequence[str]],
    quota: Callable[[int], int],
    seed: int,
    end: Literal["lowest", "highest"],
) -> set[str]:
    """Return the contents that fill each class's quota, in the order of a hash of seed and content.

    All copies of an image are drawn or none, also those in other classes. Of each class at least
    one content is left. Where all contents of a class differ, its quota is met exactly, and one
    more file takes at most one other file in or out.

    Args:
        classes: The content hashes of the files of each class.
        quota: How many files are wanted of a class with so many.
        seed: Of the order.
        end: From which end of the order they are drawn; what is drawn from one end hardly changes
            what is drawn from the other.
    """
    drawn: set[str] = set()
    left: set[str] = set()
    for name in sorted(classes, key=lambda name: (len(classes[name]), name)):  # few can choose less
        counts = Counter(classes[name])
        order = sorted(counts, key=lambda each: rank(seed, each), reverse=end == "highest")
        wanted = quota(counts.total()) - sum(counts[each] for each in order if each in drawn)
        free = [each for each in order if each not in drawn and each not in left]
        spare = len([each for each in order if each not in drawn]) - 1
        for content in free[: max(spare, 0)]:
            if wanted <= 0:
                break
            drawn.add(content)
            wanted -= counts[content]
        left |= counts.keys() - drawn
    return drawn


def rank(seed: int, content: str) -> bytes:
    """Return where a content stands in the order of a seed."""
    return hashlib.blake2b(f"{seed} {content}".encode(), digest_size=8).digest()


def quota(fraction: float, enough: int) -> Callable[[int], int]:
    """Return how many files are drawn from a class of so many.

    Args:
        fraction: Of the class, in [0, 1).
        enough: A class of so many files gives at least one, unless the fraction is 0.
    """
    return lambda count: round(count * fraction) or int(fraction > 0 and count >= enough)
