"""Style space: distances are the note's losses, memory is bounded, nothing is computed twice."""

import os
import tracemalloc

import numpy as np
import pytest

import nst
from nst.errors import ImageError, OptionError
from nst.gallery import sketches, style_space
from nst.gallery.style_space import StyleMap

SIZE = 32


@pytest.fixture
def folder(tmp_path):
    """Five pictures that differ, a copy of one, and three files that are no use."""
    rng = np.random.default_rng(2)
    pictures = tmp_path / "pictures"
    (pictures / "inner").mkdir(parents=True)
    for i in range(5):
        image = rng.random((40, 48, 3)) * rng.random(3) * (0.3 + 0.15 * i)
        nst.save_image(pictures / ("inner" if i == 4 else ".") / f"picture{i}.png", image)
    (pictures / "copy.png").write_bytes((pictures / "picture0.png").read_bytes())
    (pictures / "broken.jpg").write_bytes(b"no picture")
    (pictures / "notes.txt").write_text("not even called one")
    return pictures


def mapped(folder, tmp_path, **options):
    return nst.style_map(folder, size=SIZE, weights="bundled", cache=tmp_path / "cache", progress=False, **options)


def test_distances_are_the_losses_of_the_note(folder, tmp_path):
    found = mapped(folder, tmp_path)
    vgg = nst.VGG19(weights="bundled")
    F = {name: vgg.features(nst.load_image(found.sources[name], shape=(SIZE, SIZE))) for name in found.names}
    style, content = found.distances("style"), found.distances("content")
    for i, a in enumerate(found.names):
        for j, b in enumerate(found.names):
            E = [
                np.sum((F[a][l] @ F[a][l].T - F[b][l] @ F[b][l].T) ** 2) / (4.0 * F[a][l].size ** 2)
                for l in nst.STYLE_LAYERS
            ]
            assert style[i, j] == pytest.approx(np.sqrt(np.mean(E)), rel=0.05, abs=1e-3)
            P = F[b][nst.CONTENT_LAYER]
            assert content[i, j] == pytest.approx(np.linalg.norm(F[a][nst.CONTENT_LAYER] - P), rel=0.05, abs=1e-3)


def test_what_is_alike_is_near(tmp_path):
    """Moving a picture round keeps its style and loses its content; dimming it does the opposite."""
    night = nst.load_image("the_starry_night", shape=(96, 96))
    pictures = {"night": night, "moved": np.roll(night, 48, axis=(0, 1)), "dimmed": night * 0.7,
                "cat": nst.load_image("chelsea", shape=(96, 96))}  # fmt: skip
    for name, image in pictures.items():
        nst.save_image(tmp_path / f"{name}.png", image)
    found = nst.style_map([tmp_path / f"{name}.png" for name in pictures], size=96, weights="bundled",
                          cache=tmp_path / "cache", progress=False)  # fmt: skip
    assert found.nearest("night", 1, "style")[0].name == "moved"
    assert found.nearest("night", 1, "content")[0].name == "dimmed"


def test_files_of_a_folder_good_and_bad(folder, tmp_path):
    found = mapped(folder, tmp_path)
    assert found.names == ["copy", "inner/picture4", "picture0", "picture1", "picture2", "picture3"]
    assert list(found.skipped) == ["broken"] and "not a picture" in found.skipped["broken"]
    assert found.computed == 5, "the copy has the same bytes and is not computed again"
    assert found.nearest("copy", 1)[0] == style_space.Neighbour("picture0", 0.0)


def test_nothing_is_computed_twice_and_a_stopped_run_goes_on(folder, tmp_path, monkeypatch):
    load, loaded = style_space.load_image, []

    def stopping(source, **options):
        if len(loaded) == 3:  # a broken file and two pictures
            raise KeyboardInterrupt
        loaded.append(source)
        return load(source, **options)

    monkeypatch.setattr(style_space, "load_image", stopping)
    with pytest.raises(KeyboardInterrupt):
        mapped(folder, tmp_path)
    monkeypatch.setattr(style_space, "load_image", load)
    first = mapped(folder, tmp_path)
    assert first.computed == 3
    (folder / "picture1.png").rename(folder / "renamed.png")
    again = mapped(folder, tmp_path)
    assert again.computed == 0 and np.array_equal(sorted(again.distances().ravel()), sorted(first.distances().ravel()))
    nst.save_image(folder / "renamed.png", np.zeros((40, 40, 3)))
    assert mapped(folder, tmp_path).computed == 1


def test_a_damaged_cache_file_is_made_anew(folder, tmp_path):
    before = mapped(folder, tmp_path).distances()
    one, two, *_ = sorted((tmp_path / "cache").rglob("*.npy"))
    one.write_bytes(one.read_bytes()[:100])
    np.save(two, np.full((2, sketches.LENGTH), np.nan, np.float32))
    after = mapped(folder, tmp_path)
    assert after.computed == 2 and np.allclose(after.distances(), before)


def test_other_sizes_do_not_share_the_cache(folder, tmp_path):
    mapped(folder, tmp_path)
    assert nst.style_map(folder, size=48, weights="bundled", cache=tmp_path / "cache", progress=False).computed == 5


def planted(points):
    """A map whose pictures lie at these places (n, d) of either space, no network needed."""
    made = StyleMap(len(points), SIZE)
    for i, point in enumerate(points):
        sketch = np.zeros((2, sketches.LENGTH), np.float32)
        sketch[:, : len(point)] = point
        made.add(f"p{i}", None, sketch, False)
    return made


def test_a_map_of_a_plane_is_that_plane():
    points = np.random.default_rng(1).normal(size=(30, 2)) * [5, 2]
    places, kept = planted(points).positions()
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert np.allclose(apart, np.linalg.norm(points[:, None] - points[None], axis=2), atol=1e-4) and kept > 0.999
    assert np.ptp(places[:, 0]) > np.ptp(places[:, 1]), "the axis with the larger spread comes first"


def test_angles_leave_out_how_strong_the_features_are():
    found = planted(np.array([[1, 0], [5, 0.1], [0, 1.0]]))
    assert found.nearest("p0", 1, "style")[0].name == "p2"
    assert found.nearest("p0", 1, "style angle")[0].name == "p1"
    assert found.distances_from("p0", "content angle")[2] == pytest.approx(90)


def test_memory_does_not_grow_with_the_folder(monkeypatch):
    monkeypatch.setattr(style_space, "BLOCK", 32)
    monkeypatch.setattr(style_space, "LANDMARKS", 50)
    tracemalloc.start()
    found = planted(np.random.default_rng(3).normal(size=(1500, 3)))
    found.nearest("p7", 3)
    found.positions("content")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    all_sketches = 1500 * 2 * sketches.LENGTH * 4
    assert peak < all_sketches / 4, f"{peak / 1e6:.0f} MB of {all_sketches / 1e6:.0f} MB were held in memory"


def test_too_many_distances_are_refused(monkeypatch):
    monkeypatch.setattr(style_space, "WHOLE", 3)
    with pytest.raises(OptionError, match="nearest"):
        planted(np.eye(4)).distances()


@pytest.mark.parametrize("by", ["styles", "", "angle"])
def test_unknown_spaces_and_names_are_refused(by):
    found = planted(np.eye(3))
    with pytest.raises(OptionError, match="style angle"):
        found.distances(by)
    with pytest.raises(OptionError, match="p0, p1"):
        found.nearest("nobody")


def test_folders_without_pictures_are_refused(folder, tmp_path):
    with pytest.raises(ImageError, match="not a folder"):
        mapped(tmp_path / "nowhere", tmp_path)
    for file in folder.rglob("picture*"):
        file.unlink()
    os.remove(folder / "copy.png")
    with pytest.raises(ImageError, match=r"0 of 1.*broken"):
        mapped(folder, tmp_path)


def test_drawings_say_in_words_what_they_show(folder, tmp_path, capsys):
    found = mapped(folder, tmp_path)
    found.show_map()
    found.figure_1("picture2")
    found.figure_1("picture2", angles=True)
    found.show_nearest("picture2", 2)
    said = capsys.readouterr().out
    assert "Map of 6 pictures by style" in said and "Nearest to picture2" in said
    assert "Style distance (across) and content distance (up) from picture2" in said


def test_thumbnails_are_moved_apart():
    from nst.gallery.style_drawings import moved_apart

    box = np.array([40.0, 30.0])
    spots = moved_apart(np.full((6, 2), 200.0), box, np.zeros(2), np.full(2, 400.0))
    gap = np.abs(spots[:, None] - spots[None]) / box
    overlapping = (gap.max(axis=2) < 0.9).sum() - 6
    assert overlapping == 0 and spots.min() >= 0 and spots.max() <= 400
