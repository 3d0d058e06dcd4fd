"""Caltech-101."""

from pathlib import Path
from typing import Any

from imgcls.data.image_data import ImageDataModule
from imgcls.data.sources.find import DatasetFiles
from imgcls.data.sources.image_files import rgb_square
from imgcls.data.sources.image_tree import ImageTree
from imgcls.data.sources.tree_layouts import subfolders, unsplit_tree


def find_object_categories(root: Path) -> ImageTree | None:
    """Return the authors' folder of 101 class folders, in ``root``, or ``root`` itself.

    It comes without splits: a seeded tenth of each class becomes the test split, always the same.
    The first accordion and the first camera, which many exercises draw, are never of that tenth.
    The validation split is drawn from the rest by ``split_seed``: some seeds choose one of them,
    but the defaults do not in the packed 64x64 trees.
    """
    for folder in (root / "101_ObjectCategories", root):
        if folder.is_dir() and {"accordion", "camera"} <= set(subfolders(folder)):
            return unsplit_tree(
                folder,
                test_fraction=0.1,
                seed=0,
                resize="squeeze",
                always_in_train=("accordion/image_0001", "camera/image_0001"),
                left_out=("BACKGROUND_Google",),
            )
    return None


class Caltech101(ImageDataModule):
    """8,677 images of 101 kinds of things, from 31 to 800 of each, made RGB squares.

    Fei-Fei, Fergus and Perona, "Learning generative visual models from few training examples: an
    incremental Bayesian approach tested on 101 object categories", 2004. The set has no official
    split: a fixed tenth of each class is the test split, or the ``val`` of a tree ``{train,val}``.
    The authors' images, about 300x200, are squeezed, not cropped, as in the packed 64x64 trees:
    a plane keeps its nose and tail.

    Args:
        root: See `ImageDataModule`.
        image_size: Rows and columns of the images, which are resized when they are read.
        **loading: See `ImageDataModule`.
    """

    classes = (
        "Faces", "Faces_easy", "Leopards", "Motorbikes", "accordion", "airplanes", "anchor",
        "ant", "barrel", "bass", "beaver", "binocular", "bonsai", "brain", "brontosaurus",
        "buddha", "butterfly", "camera", "cannon", "car_side", "ceiling_fan", "cellphone",
        "chair", "chandelier", "cougar_body", "cougar_face", "crab", "crayfish", "crocodile",
        "crocodile_head", "cup", "dalmatian", "dollar_bill", "dolphin", "dragonfly",
        "electric_guitar", "elephant", "emu", "euphonium", "ewer", "ferry", "flamingo",
        "flamingo_head", "garfield", "gerenuk", "gramophone", "grand_piano", "hawksbill",
        "headphone", "hedgehog", "helicopter", "ibis", "inline_skate", "joshua_tree",
        "kangaroo", "ketch", "lamp", "laptop", "llama", "lobster", "lotus", "mandolin",
        "mayfly", "menorah", "metronome", "minaret", "nautilus", "octopus", "okapi", "pagoda",
        "panda", "pigeon", "pizza", "platypus", "pyramid", "revolver", "rhino", "rooster",
        "saxophone", "schooner", "scissors", "scorpion", "sea_horse", "snoopy", "soccer_ball",
        "stapler", "starfish", "stegosaurus", "stop_sign", "strawberry", "sunflower", "tick",
        "trilobite", "umbrella", "watch", "water_lilly", "wheelchair", "wild_cat",
        "windsor_chair", "wrench", "yin_yang",
    )  # fmt: skip
    image_shape = (3, 64, 64)
    mean, std = (0.5465, 0.5299, 0.5032), (0.3070, 0.3011, 0.3144)  # of train, in [0, 1]
    files = DatasetFiles(name="Caltech-101", official=find_object_categories, resize="squeeze")

    def __init__(self, root: Path | None = None, image_size: int = 64, **loading: Any) -> None:
        super().__init__(root, **loading)
        self.image_shape = rgb_square(image_size)
