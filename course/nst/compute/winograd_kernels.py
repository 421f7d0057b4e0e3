"""3 x 3 convolutions with a quarter of the multiplications: Winograd's F(4x4, 3x3) (Lavin & Gray 2015).

A 4 x 4 tile of outputs needs a 6 x 6 patch of inputs. Patch and kernel are brought into a basis where the convolution
is a product number by number: 36 multiplications in place of 144. Over all tiles and channels those are 36 matrix
products, which the BLAS library does at the machine's full rate. The three transforms are compiled by Numba.

Arrays are float32 in the order (row, column, channel); tiles are numbered row by row.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import float32, njit

from nst.plumbing.parallel import in_parallel, shares

config: Any = numba.config
if not config.CACHE_DIR and not any(os.access(folder, os.W_OK) for folder in (Path(__file__).parent, Path.home())):
    config.CACHE_DIR = tempfile.mkdtemp(prefix="nst-")  # Numba gives up where it can keep no compiled code

TILE = 4
_KERNEL = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24


def transformed_kernel(kernel: np.ndarray) -> np.ndarray:
    """The kernel (3, 3, in, out) in the product basis: (36, in, out)."""
    both_ways, flat = np.kron(_KERNEL, _KERNEL).astype(np.float32), np.ascontiguousarray(kernel).reshape(9, -1)
    out = np.empty((36, flat.shape[1]), np.float32)
    in_parallel(lambda i, j: np.matmul(both_ways, flat[:, i:j], out=out[:, i:j]), shares(flat.shape[1], 8192))
    return out.reshape(36, *kernel.shape[2:])


def transposed_kernel(kernel: np.ndarray) -> np.ndarray:
    """The kernel of the convolution's transpose, which carries gradients from its outputs to its inputs."""
    return kernel[::-1, ::-1].swapaxes(2, 3)


def tile_rows(height: int) -> int:
    """How many rows of tiles cover that many rows of pixels; the last may reach over the edge."""
    return -(-height // TILE)


@njit(inline="always")
def _into_basis(d0, d1, d2, d3, d4, d5):
    even, odd, u, v = d4 - float32(4) * d2, d3 - float32(4) * d1, d4 - d2, float32(2) * (d3 - d1)
    first, last = float32(4) * d0 - float32(5) * d2 + d4, float32(4) * d1 - float32(5) * d3 + d5
    return first, even + odd, even - odd, u + v, u - v, last


@njit(inline="always")
def _out_of_basis(m0, m1, m2, m3, m4, m5):
    p, q, u, v = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return m0 + p + u, q + float32(2) * v, p + float32(4) * u, q + float32(8) * v + m5


@njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def patches_in(x: np.ndarray, first: int, last: int, V: np.ndarray) -> None:
    """Bring the 6 x 6 patches (zeros outside of x) of the tile rows first..last into the product basis: V[36, tile]."""
    height, width, channels = x.shape
    across = (width + 3) // 4
    half = np.empty((6, 6, channels), np.float32)
    zero = np.zeros(channels, np.float32)
    for i in range(first, last):
        for j in range(across):
            top, left, tile = 4 * i - 1, 4 * j - 1, (i - first) * across + j
            for r in range(6):
                y, h = top + r, half[r]
                if y < 0 or y >= height:
                    h[:] = 0
                    continue
                row = x[y]
                a, b = (row[left] if left >= 0 else zero), row[left + 1]
                c = row[left + 2] if left + 2 < width else zero
                d = row[left + 3] if left + 3 < width else zero
                e = row[left + 4] if left + 4 < width else zero
                f = row[left + 5] if left + 5 < width else zero
                h0, h1, h2, h3, h4, h5 = h[0], h[1], h[2], h[3], h[4], h[5]
                for n in range(channels):
                    h0[n], h1[n], h2[n], h3[n], h4[n], h5[n] = _into_basis(a[n], b[n], c[n], d[n], e[n], f[n])
            for s in range(6):
                a, b, c, d, e, f = half[0, s], half[1, s], half[2, s], half[3, s], half[4, s], half[5, s]
                v0, v1, v2 = V[s, tile], V[6 + s, tile], V[12 + s, tile]
                v3, v4, v5 = V[18 + s, tile], V[24 + s, tile], V[30 + s, tile]
                for n in range(channels):
                    v0[n], v1[n], v2[n], v3[n], v4[n], v5[n] = _into_basis(a[n], b[n], c[n], d[n], e[n], f[n])


@njit(inline="always")
def _columns_out_of_basis(M, tile, half):
    """The first half of the way out of the product basis, for one tile: (6, 6) -> (4, 6)."""
    for s in range(6):
        a, b, c, d, e, f = (
            M[s, tile],
            M[6 + s, tile],
            M[12 + s, tile],
            M[18 + s, tile],
            M[24 + s, tile],
            M[30 + s, tile],
        )
        h0, h1, h2, h3 = half[0, s], half[1, s], half[2, s], half[3, s]
        for n in range(a.size):
            h0[n], h1[n], h2[n], h3[n] = _out_of_basis(a[n], b[n], c[n], d[n], e[n], f[n])


@njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def relu_out(M: np.ndarray, first: int, last: int, bias: np.ndarray, y: np.ndarray) -> None:
    """Bring the tiles M[36, tile] of the tile rows first..last back to pixels, add the bias, cut at zero: into y."""
    height, width, channels = y.shape
    across = (width + 3) // 4
    half, beyond = np.empty((4, 6, channels), np.float32), np.empty(channels, np.float32)
    for i in range(first, last):
        for j in range(across):
            _columns_out_of_basis(M, (i - first) * across + j, half)
            for r in range(min(4, height - 4 * i)):
                row, left, h = y[4 * i + r], 4 * j, half[r]
                a, b, c, d, e, f = h[0], h[1], h[2], h[3], h[4], h[5]
                y0 = row[left]
                y1 = row[left + 1] if left + 1 < width else beyond
                y2 = row[left + 2] if left + 2 < width else beyond
                y3 = row[left + 3] if left + 3 < width else beyond
                for n in range(channels):
                    p, q, s, t = _out_of_basis(a[n], b[n], c[n], d[n], e[n], f[n])
                    z = bias[n]
                    y0[n], y1[n] = max(p + z, float32(0)), max(q + z, float32(0))
                    y2[n], y3[n] = max(s + z, float32(0)), max(t + z, float32(0))


@njit(nogil=True, fastmath={"contract", "reassoc"}, cache=True)
def masked_out(M: np.ndarray, first: int, last: int, activation: np.ndarray, y: np.ndarray) -> None:
    """Bring the tiles back to pixels and add them to y; then zero where the activation is: the ReLU's derivative."""
    height, width, channels = y.shape
    across = (width + 3) // 4
    half = np.empty((4, 6, channels), np.float32)
    beyond, off = np.zeros(channels, np.float32), np.zeros(channels, np.float32)
    zero = float32(0)
    for i in range(first, last):
        for j in range(across):
            _columns_out_of_basis(M, (i - first) * across + j, half)
            for r in range(min(4, height - 4 * i)):
                row, on, left, h = y[4 * i + r], activation[4 * i + r], 4 * j, half[r]
                a, b, c, d, e, f = h[0], h[1], h[2], h[3], h[4], h[5]
                y0, m0 = row[left], on[left]
                y1, m1 = (row[left + 1], on[left + 1]) if left + 1 < width else (beyond, off)
                y2, m2 = (row[left + 2], on[left + 2]) if left + 2 < width else (beyond, off)
                y3, m3 = (row[left + 3], on[left + 3]) if left + 3 < width else (beyond, off)
                for n in range(channels):
                    p, q, s, t = _out_of_basis(a[n], b[n], c[n], d[n], e[n], f[n])
                    y0[n] = y0[n] + p if m0[n] > zero else zero
                    y1[n] = y1[n] + q if m1[n] > zero else zero
                    y2[n] = y2[n] + s if m2[n] > zero else zero
                    y3[n] = y3[n] + t if m3[n] > zero else zero


@njit(nogil=True, cache=True)
def pool_rows(a: np.ndarray, first: int, last: int, largest: bool, pooled: np.ndarray) -> None:
    """The largest (or the mean) of each 2 x 2 block, for the output rows first..last."""
    quarter = float32(0.25)
    for i in range(first, last):
        for j in range(pooled.shape[1]):
            p, q, r, s, out = (
                a[2 * i, 2 * j],
                a[2 * i, 2 * j + 1],
                a[2 * i + 1, 2 * j],
                a[2 * i + 1, 2 * j + 1],
                pooled[i, j],
            )
            if largest:
                for n in range(out.size):
                    out[n] = max(max(p[n], q[n]), max(r[n], s[n]))
            else:
                for n in range(out.size):
                    out[n] = quarter * (p[n] + q[n] + r[n] + s[n])


@njit(nogil=True, cache=True)
def unpool_rows(
    a: np.ndarray, pooled: np.ndarray, gradient: np.ndarray, first: int, last: int, largest: bool, y: np.ndarray
) -> None:
    """Add the gradient of pooled blocks to y at the first largest pixel of each (or a quarter to each); then mask."""
    zero, quarter = float32(0), float32(0.25)
    for i in range(first, last):
        for j in range(pooled.shape[1]):
            best, g = pooled[i, j], gradient[i, j]
            p, q, r, s = a[2 * i, 2 * j], a[2 * i, 2 * j + 1], a[2 * i + 1, 2 * j], a[2 * i + 1, 2 * j + 1]
            yp, yq, yr, ys = y[2 * i, 2 * j], y[2 * i, 2 * j + 1], y[2 * i + 1, 2 * j], y[2 * i + 1, 2 * j + 1]
            if largest:
                for n in range(g.size):
                    at_p = p[n] == best[n]
                    at_q = q[n] == best[n] and not at_p
                    at_r = r[n] == best[n] and not (at_p or at_q)
                    at_s = not (at_p or at_q or at_r)
                    yp[n] = yp[n] + (g[n] if at_p else zero) if p[n] > zero else zero
                    yq[n] = yq[n] + (g[n] if at_q else zero) if q[n] > zero else zero
                    yr[n] = yr[n] + (g[n] if at_r else zero) if r[n] > zero else zero
                    ys[n] = ys[n] + (g[n] if at_s else zero) if s[n] > zero else zero
            else:
                for n in range(g.size):
                    yp[n] = yp[n] + quarter * g[n] if p[n] > zero else zero
                    yq[n] = yq[n] + quarter * g[n] if q[n] > zero else zero
                    yr[n] = yr[n] + quarter * g[n] if r[n] > zero else zero
                    ys[n] = ys[n] + quarter * g[n] if s[n] > zero else zero
