"""Rows of a head that another head has learned already, by class name."""

from collections.abc import Sequence

from torch import Tensor

from imgcls.errors import InputError
from imgcls.runs.weight_matching import Matching, State


def copy_shared_rows(
    there: State, here: State, theirs: Sequence[str], ours: Sequence[str]
) -> tuple[State, list[str]]:
    """Return a new head with the old one's rows of the classes that both know, and these classes.

    Args:
        there: Weights of the old head, a row a class.
        here: Weights of the new head.
        theirs: Class names of the old rows.
        ours: Class names of the new rows.

    Raises:
        InputError: No class has the same name, or a weight is not a row a class over the same
            features.
    """
    shared = [name for name in ours if name in theirs]
    if not shared:
        raise InputError(
            "copy_shared_classes is true, but checkpoint and data have no common class: it has "
            f"{theirs[0]!r}, they have {ours[0]!r} ...: leave it out"
        )
    for name in {**there, **here}:
        if not _has_rows(there.get(name), here.get(name), len(theirs), len(ours)):
            raise InputError(
                "copy_shared_classes needs heads of a row a class over the same features, but "
                f"{Matching(there, here).shapes(name)}: leave it out, or give the model the "
                "options it was trained with"
            )
    head = {name: weight.clone() for name, weight in here.items()}
    for name, weight in there.items():
        for each in shared:
            head[name][ours.index(each)] = weight[theirs.index(each)]
    return head, shared


def _has_rows(there: Tensor | None, here: Tensor | None, old: int, new: int) -> bool:
    if there is None or here is None:
        return False
    return here.shape[:1] == (new,) and there.shape == (old, *here.shape[1:])
