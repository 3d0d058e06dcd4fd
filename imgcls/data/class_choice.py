"""Some of a data set's classes, in an order of one's own."""

from collections.abc import Sequence

from imgcls.errors import InputError, did_you_mean, listed


def check_choice(chosen: Sequence[str], official: Sequence[str], data: str) -> None:
    """Refuse a choice of classes that nothing can be trained on.

    Args:
        chosen: The names asked for.
        official: All names that the data set has.
        data: Its name.

    Raises:
        InputError: A name is unknown or repeated, or there are fewer than two.
    """
    for name in chosen:
        if name not in official:
            raise InputError(f"{data} has no class {name!r}{did_you_mean(name, official)}")
    repeated = sorted({name for name in chosen if list(chosen).count(name) > 1})
    if repeated:
        raise InputError(f"classes names {listed(repeated)} more than once: name each once")
    if len(chosen) < 2:
        raise InputError(
            f"classes has {listed(chosen) or 'no name'}: a classifier separates two or more; "
            f"name two or more, or leave it out for all of {data}"
        )
