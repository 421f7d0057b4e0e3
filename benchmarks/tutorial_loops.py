"""One gradient step of the note's total loss, written as the tutorials of TensorFlow and PyTorch write theirs.

Both in our own words: the framework's own convolutions and automatic differentiation, a compiled TensorFlow function,
eager PyTorch; same weights, images, layers and factors as `nst`, so that the losses can be compared. They are given
every advantage that the tutorials take: targets computed once, weights frozen, the network cut after its last layer.
"""

import numpy as np

from nst.compute.weights import load_weights
from nst.constants import CONTENT_LAYER, LAYERS, MEAN_BGR, STYLE_LAYERS

LAST = LAYERS.index("block5_conv1") + 1


def tensorflow_step(content, style, alpha, beta):
    """x -> (loss, gradient) as TensorFlow's tutorial computes it."""
    from nst.compute.machine import tensorflow

    tf = tensorflow()
    weights = load_weights().layers

    def activations(image):
        a, found = image[None, :, :, ::-1] * 255.0 - tf.constant(MEAN_BGR), {}
        for name in LAYERS[:LAST]:
            if name.endswith("conv1") and name != LAYERS[0]:
                a = tf.nn.max_pool2d(a, 2, 2, "VALID")
            found[name] = a = tf.nn.relu(tf.nn.conv2d(a, weights[name][0], 1, "SAME") + weights[name][1])
        return found

    def gram(a):
        return tf.einsum("bhwi,bhwj->ij", a, a)

    P = activations(tf.constant(content))[CONTENT_LAYER]
    targets = {layer: gram(a) for layer, a in activations(tf.constant(style)).items() if layer in STYLE_LAYERS}

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = activations(x)
            loss = alpha * 0.5 * tf.reduce_sum((found[CONTENT_LAYER] - P) ** 2)
            for layer, A in targets.items():
                scale = beta / 5 / (4.0 * A.shape[0] ** 2 * (found[layer].shape[1] * found[layer].shape[2]) ** 2)
                loss += scale * tf.reduce_sum((gram(found[layer]) - A) ** 2)
        return loss, tape.gradient(loss, x)

    def loss_and_gradient(x):
        loss, gradient = step(tf.constant(x))
        return float(loss), gradient.numpy()

    return loss_and_gradient


def pytorch_step(content, style, alpha, beta):
    """x -> (loss, gradient) as PyTorch's tutorial computes it; None where torch is not installed."""
    try:
        import torch
    except ImportError:
        return None
    nn = torch.nn.functional
    weights = {
        name: (torch.tensor(k).permute(3, 2, 0, 1).contiguous(), torch.tensor(b))
        for name, (k, b) in load_weights().layers.items()
    }
    mean = torch.tensor(MEAN_BGR)[:, None, None]

    def activations(image):
        a, found = (image.permute(2, 0, 1).flip(0) * 255.0 - mean)[None], {}
        for name in LAYERS[:LAST]:
            if name.endswith("conv1") and name != LAYERS[0]:
                a = nn.max_pool2d(a, 2)
            found[name] = a = nn.relu(nn.conv2d(a, *weights[name], padding=1))
        return found

    def gram(a):
        F = a.flatten(2)[0]
        return F @ F.T

    with torch.no_grad():
        P = activations(torch.tensor(content))[CONTENT_LAYER]
        targets = {layer: gram(a) for layer, a in activations(torch.tensor(style)).items() if layer in STYLE_LAYERS}

    def loss_and_gradient(x):
        x = torch.tensor(x, requires_grad=True)
        found = activations(x)
        loss = alpha * 0.5 * ((found[CONTENT_LAYER] - P) ** 2).sum()
        for layer, A in targets.items():
            scale = beta / 5 / (4.0 * A.shape[0] ** 2 * (found[layer].shape[2] * found[layer].shape[3]) ** 2)
            loss = loss + scale * ((gram(found[layer]) - A) ** 2).sum()
        loss.backward()
        return float(loss.detach()), np.asarray(x.grad)

    return loss_and_gradient


def our_step(content, style, alpha, beta):
    """x -> (loss, gradient) of the engine."""
    from nst.engine import objective

    return objective(content, style, alpha, beta)


STEPS = {"TensorFlow, tutorial": tensorflow_step, "PyTorch, tutorial": pytorch_step, "nst": our_step}
