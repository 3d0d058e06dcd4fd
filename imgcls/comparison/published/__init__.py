"""Tables of published accuracies, as fractions, that runs can be ranked among.

``fashion_mnist_table3.csv`` is Table 3 of Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image
dataset for benchmarking machine learning algorithms", 2017, arXiv:1708.07747: 126 classifiers
without convolution, with their test accuracy on Fashion-MNIST and on MNIST.
"""
