"""How VGG19 and the losses are computed on this machine: the ways there are, weights, Winograd, TensorFlow."""
