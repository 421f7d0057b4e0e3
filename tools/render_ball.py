"""Render the ball with its shadow: the sphere that art classes draw to learn light, in a few lines of ray casting.

    python -m nst.render_ball ball_and_shadow.png

What the drawing must show, and the line that makes it: highlight (`gloss`), halftone and core shadow (`lambert`),
light thrown back by the floor (`bounce`), cast shadow with its penumbra (`visibility`: the lamp is a disc, not a
point), contact shadow (`ambient_on_floor`). Nothing is random: the same bytes come out every time on one machine, and
the same picture to within one grey level anywhere.
"""

import sys

import numpy as np

from nst.images.loading import save_image

CENTRE, RADIUS = np.array([0.0, 1.0, 0.0]), 1.0  # the ball rests on the floor y = 0
LAMP, LAMP_RADIUS = np.array([-4.2, 5.2, -2.6]), 0.75
EYE, AIM, ZOOM = np.array([0.0, 2.3, -7.0]), np.array([0.5, 0.86, 0.0]), 1.85
PAPER, BALL = np.array([0.80, 0.775, 0.735]), np.array([0.83, 0.80, 0.755])  # albedos, linear light
DIRECT, AMBIENT, BOUNCE, GLOSS = 0.98, 0.08, 0.36, 0.2
BACKGROUND, FADE = 0.14, 6.5  # its light; the distance at which the floor is half way there


def unit(v):
    """`v` (..., 3) scaled to length 1."""
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def dot(a, b):
    return np.sum(a * b, axis=-1)


def camera_rays(height, width):
    """Directions (height, width, 3) of the rays from the eye through the middle of each pixel."""
    forward = unit(AIM - EYE)
    right = unit(np.cross([0.0, 1.0, 0.0], forward))
    up = np.cross(forward, right)
    x = (np.arange(width) + 0.5 - width / 2) / height
    y = (height / 2 - np.arange(height) - 0.5) / height
    return unit(ZOOM * forward + x[None, :, None] * right + y[:, None, None] * up)


def hit_ball(origin, direction):
    """Distance along each ray to the ball, inf where it misses."""
    to_origin = origin - CENTRE
    b = dot(to_origin, direction)
    discriminant = b**2 - dot(to_origin, to_origin) + RADIUS**2
    distance = -b - np.sqrt(np.maximum(discriminant, 0))
    return np.where((discriminant > 0) & (distance > 0), distance, np.inf)


def lamp_points(count=80):
    """Points (count, 3) spread evenly over the lamp, a disc that faces the ball (a sunflower pattern)."""
    k = np.arange(count) + 0.5
    angle, radius = np.pi * (1 + 5**0.5) * k, LAMP_RADIUS * np.sqrt(k / count)
    axis = unit(CENTRE - LAMP)
    side = unit(np.cross(axis, [0.0, 1.0, 0.0]))
    return LAMP + (radius * np.cos(angle))[:, None] * side + (radius * np.sin(angle))[:, None] * np.cross(axis, side)


def visibility(points):
    """Share of the lamp that each point of the floor (..., 3) sees: 1 in full light, 0 in the umbra."""
    to_ball = CENTRE - points
    lit = np.zeros(points.shape[:-1])
    for lamp in lamp_points():  # the ball hides the lamp's point when the way there passes its centre within a radius
        way = lamp - points
        lit += dot(to_ball, to_ball) - dot(to_ball, way) ** 2 / dot(way, way) > RADIUS**2
    return lit / len(lamp_points())


def lambert(points, normals):
    """Mean over the lamp of the cosine at which its light arrives, 0 where it comes from behind."""
    return np.mean([np.maximum(dot(normals, unit(lamp - points)), 0) for lamp in lamp_points(12)], axis=0)


def ambient_on_floor(points):
    """Light from all around, less what the ball hides: the form factor of a sphere is cos(angle) r^2 / d^2."""
    to_ball = CENTRE - points
    distance = np.linalg.norm(to_ball, axis=-1)
    return AMBIENT * (1 - to_ball[..., 1] / distance * RADIUS**2 / distance**2)


def shade_floor(points):
    """Linear colours (..., 3) of points on the floor, which fades into a darker background."""
    up = np.broadcast_to([0.0, 1.0, 0.0], points.shape)
    light = DIRECT * lambert(points, up) * visibility(points) + ambient_on_floor(points)
    fade = 1 / (1 + (np.linalg.norm(points - CENTRE, axis=-1) / FADE) ** 2)
    return PAPER * (BACKGROUND + (light - BACKGROUND) * fade)[..., None]


def shade_ball(points):
    """Linear colours (..., 3) of points on the ball: direct light, ambient light, the floor's bounce and the gloss."""
    normals = unit(points - CENTRE)
    below = points + normals * (points[..., 1] / np.maximum(-normals[..., 1], 0.35))[..., None]
    below[..., 1] = 0
    facing_floor = (1 - normals[..., 1]) / 2
    bounce = BOUNCE * facing_floor * (0.3 + 0.7 * visibility(below)) * np.clip(points[..., 1] / 0.6, 0.1, 1)
    halfway = unit(unit(LAMP - points) + unit(EYE - points))
    gloss = GLOSS * np.maximum(dot(normals, halfway), 0) ** 38
    light = DIRECT * lambert(points, normals) + AMBIENT * (1 + normals[..., 1]) / 2 + bounce
    return BALL * light[..., None] + gloss[..., None]


def render(height=480, width=640, oversampling=2):
    """The picture, float32 (height, width, 3) in [0, 1]; each pixel is the mean of oversampling^2 rays."""
    rays = camera_rays(height * oversampling, width * oversampling)
    to_ball, to_floor = hit_ball(EYE, rays), EYE[1] / np.maximum(-rays[..., 1], 1e-9)
    on_ball = np.isfinite(to_ball)
    colour = np.empty(rays.shape)
    colour[on_ball] = shade_ball(EYE + to_ball[on_ball][:, None] * rays[on_ball])
    far = np.minimum(to_floor, 60.0)[~on_ball]
    colour[~on_ball] = shade_floor(EYE + far[:, None] * rays[~on_ball])
    blocks = np.clip(colour, 0, 1).reshape(height, oversampling, width, oversampling, 3)
    return encode_srgb(blocks.mean(axis=(1, 3))).astype(np.float32)


def encode_srgb(linear):
    """Screen values of linear light (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


if __name__ == "__main__":
    save_image(sys.argv[1] if len(sys.argv) > 1 else "ball_and_shadow.png", render())
