"""Names compared and listed as people write them."""

from collections.abc import Collection


def plain(name: str) -> str:
    """Return a name's letters and digits in lower case: "CIFAR-100" and "cifar_100" are one."""
    return "".join(character for character in name.lower() if character.isalnum())


def listed(names: Collection[str], most: int = 5) -> str:
    """Return "a, b, c", or the first few of many and the number of the others."""
    shown = ", ".join(list(names)[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
