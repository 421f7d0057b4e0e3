"""Images as arrays brought to another size, without rounding to bytes."""

import numpy as np
from PIL import Image, ImageOps

from nst.images.loading import as_image, scaled_shape, wanted_shape


def resized(image, size=None, shape=None):
    """The image with its longest side at `size` pixels, or its middle cut to the aspect of `shape` (H, W) and resized.

    float32 (H, W, 3), antialiased (Lanczos), clipped to [0, 1]. Raises ImageError or OptionError as `nst.load_image`.
    """
    image = as_image(image)
    height, width = wanted_shape(size, shape) or scaled_shape(*image.shape[:2], size)
    if (height, width) == image.shape[:2]:
        return image
    channels = [
        ImageOps.fit(Image.fromarray(np.ascontiguousarray(image[..., c])), (width, height), Image.Resampling.LANCZOS)
        for c in range(3)
    ]
    return np.clip(np.stack(channels, axis=-1), 0, 1)
