"""Batched augmentation on the device, with random numbers that depend on the image."""

from imgcls.transforms.affine import RandomAffine
from imgcls.transforms.crop import RandomCrop
from imgcls.transforms.cutout import Cutout
from imgcls.transforms.draws import Draws
from imgcls.transforms.flip import AlternatingFlip, RandomFlip
from imgcls.transforms.kornia_transform import Kornia
from imgcls.transforms.mix import CutMix, Mix, MixUp
from imgcls.transforms.normalise import normalise
from imgcls.transforms.progressive_resize import ProgressiveResize
from imgcls.transforms.sobel import sobel
from imgcls.transforms.transform import Transform

__all__ = [
    "AlternatingFlip",
    "CutMix",
    "Cutout",
    "Draws",
    "Kornia",
    "Mix",
    "MixUp",
    "ProgressiveResize",
    "RandomAffine",
    "RandomCrop",
    "RandomFlip",
    "Transform",
    "normalise",
    "sobel",
]
