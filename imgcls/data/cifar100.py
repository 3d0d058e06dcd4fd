"""CIFAR-100."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.cifar_pickles import MIRRORS, find_cifar_pickles
from imgcls.data.sources.find import DatasetFiles

SUPERCLASSES: Mapping[str, tuple[str, ...]] = {
    "aquatic_mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium_fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food_containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit_and_vegetables": ("apple", "mushroom", "orange", "pear", "sweet_pepper"),
    "household_electrical_devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household_furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large_carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large_man-made_outdoor_things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large_natural_outdoor_scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large_omnivores_and_herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium_mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect_invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small_mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple_tree", "oak_tree", "palm_tree", "pine_tree", "willow_tree"),
    "vehicles_1": ("bicycle", "bus", "motorcycle", "pickup_truck", "train"),
    "vehicles_2": ("lawn_mower", "rocket", "streetcar", "tank", "tractor"),
}


class CIFAR100(ImageDataModule):
    """60,000 RGB 32x32 photographs in 100 classes, which make 20 superclasses of 5.

    Krizhevsky, "Learning multiple layers of features from tiny images", 2009. The official labels
    follow the alphabet.
    """

    superclasses: ClassVar = SUPERCLASSES
    classes = tuple(sorted(name for names in SUPERCLASSES.values() for name in names))
    image_shape = (3, 32, 32)
    mean, std = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)  # of train, in [0, 1]
    files = DatasetFiles(
        name="CIFAR-100",
        official=partial(
            find_cifar_pickles,
            folder="cifar-100-python",
            batches={"train": ["train"], "test": ["test"]},
        ),
        downloads={"cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85"},
        mirrors=MIRRORS,
    )
