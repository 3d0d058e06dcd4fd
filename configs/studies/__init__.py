"""The studies that ship with imgcls, found by name: ``imgcls sweep cifar10_convnet_influence``."""
