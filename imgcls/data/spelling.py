"""Names compared as people write them."""


def plain(name: str) -> str:
    """Return a name's letters and digits in lower case: "CIFAR-100" and "cifar_100" are one."""
    return "".join(character for character in name.lower() if character.isalnum())
