from imgcls.data.cifar100 import CIFAR100


def test_twenty_superclasses_of_five_hold_every_class_once() -> None:
    assert len(CIFAR100.superclasses) == 20
    assert {len(names) for names in CIFAR100.superclasses.values()} == {5}
    assert len(set(CIFAR100.classes)) == 100


def test_official_label_numbers() -> None:
    expected = {0: "apple", 9: "bottle", 58: "pickup_truck", 87: "television", 99: "worm"}
    assert {number: CIFAR100.classes[number] for number in expected} == expected
