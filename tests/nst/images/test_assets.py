"""Every picture in assets/ is listed with its source and licence, is the file that was listed, and can be used."""

import hashlib
import subprocess

import numpy as np
import pytest
from PIL import Image

import nst
from nst.images import assets
from tools import render_ball

FOLDER = assets.asset_folder()
IMAGES, ORIGINALS = assets.sources()["images"], assets.sources()["originals"]
FACTS = {"file", "title", "author", "year", "licence", "package", "version", "path", "declared", "sha256", "alt"}
LICENCES = {"MIT", "CC0-1.0", "CC-BY-2.0", "public domain"}


@pytest.mark.parametrize("name", IMAGES)
def test_source_licence_and_bytes(name):
    facts, path = IMAGES[name], FOLDER / IMAGES[name]["file"]
    assert set(facts) >= FACTS and all(facts[key] for key in FACTS)
    assert set(facts) <= FACTS | {"also", "modified", "address"}
    assert facts["licence"] in LICENCES
    assert not facts["licence"].startswith("CC-BY") or facts["address"].startswith("https://")  # credit is owed
    assert hashlib.sha256(path.read_bytes()).hexdigest() == facts["sha256"]
    assert path.stat().st_size <= 600 * 1024
    assert len(facts["alt"]) > 20 and facts["alt"].endswith(".")


def test_nothing_else_lies_there():
    listed = {facts["file"] for facts in IMAGES.values()} | {"SOURCES.toml", "originals"}
    assert {path.name for path in FOLDER.iterdir()} == listed
    tracked = subprocess.run(["git", "ls-files", FOLDER / "originals"], capture_output=True, text=True, cwd=FOLDER)
    assert tracked.returncode or tracked.stdout.split("\n")[1:] in ([], [""])  # the README alone is committed


def test_every_original_has_a_stand_in_and_a_place():
    assert {"pillars_of_creation", "old_man_in_red", "oski"} <= set(ORIGINALS)
    readme = (FOLDER / "originals" / "README.md").read_text()
    for name, facts in ORIGINALS.items():
        assert set(facts) == {"title", "author", "year", "holder", "files", "stand_in", "why"}
        assert facts["stand_in"] in IMAGES and facts["files"][0] == f"{name}.jpg" and f"`{name}.jpg`" in readme


def test_names_are_unique():
    spellings = [s for table in (IMAGES, ORIGINALS) for n, f in table.items() for s in (n, *f.get("also", ()))]
    assert len(spellings) == len(set(spellings))
    assert nst.asset_names() == sorted([*IMAGES, *ORIGINALS])
    assert np.array_equal(nst.load_image("ball", size=32), nst.load_image("ball_and_shadow", size=32))


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """A copy of assets/ with an empty folder originals/, by links."""
    for path in FOLDER.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "originals").mkdir()
    monkeypatch.setenv("NST_ASSETS", str(tmp_path))
    monkeypatch.setattr(assets, "_announced", set())
    return tmp_path


def test_stand_in_is_used_and_said_once(own_folder, capsys):
    image = nst.load_image("old_man_in_red", size=48)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "stands in for Portrait of an Old Man in Red" in said
    assert "assets/originals/old_man_in_red.jpg" in said
    assert np.array_equal(image, nst.load_image("mona_lisa", size=48))
    nst.load_image("old_man_in_red", size=48)
    assert capsys.readouterr().out == ""


def test_the_users_own_original_is_used_as_soon_as_it_is_there(own_folder, capsys):
    assert assets.find_asset("old_man_in_red").stands_in_for == "old_man_in_red"
    Image.new("RGB", (64, 64), "red").save(own_folder / "originals" / "old_man_in_red.jpeg")
    image = nst.load_image("old_man_in_red")
    assert image.shape == (64, 64, 3) and np.allclose(image, (1, 0, 0), atol=0.02)
    assert capsys.readouterr().out == ""
    assert assets.find_asset("old_man_in_red").stands_in_for is None
    assert nst.asset_note("old_man_in_red").startswith("Portrait of an Old Man in Red (Rembrandt")


def test_unknown_name_suggests_close_ones():
    with pytest.raises(nst.AssetError, match="Did you mean starry_night or the_starry_night") as caught:
        nst.load_image("stary_night")
    assert "chelsea" in str(caught.value) and "path of a file" in str(caught.value)
    with pytest.raises(nst.AssetError, match="no picture is called 'qqqq'"):
        nst.load_image("qqqq")


def test_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NST_ASSETS", str(tmp_path))
    with pytest.raises(nst.AssetError, match="set NST_ASSETS"):
        nst.asset_names()


def test_the_ball_is_what_its_program_renders():
    """A tenth of the size is quick; resized, the committed picture looks the same."""
    rendered = render_ball.render(96, 128, oversampling=2)
    committed = nst.load_image("ball_and_shadow", shape=(96, 128))
    assert np.abs(rendered - committed).mean() < 0.004
    assert rendered.dtype == np.float32 and rendered.shape == (96, 128, 3)


def test_the_ball_shows_what_an_art_class_draws():
    """From light to dark: highlight, halftone, light thrown back by the floor, core shadow, and the cast shadow."""
    image = nst.load_image("ball_and_shadow").mean(axis=-1)
    highlight, halftone, core, cast = image[175, 205], image[250, 230], image[300, 320], image[320, 430]
    reflected, contact, lit_floor = image[335, 275], image[352, 260], image[400, 150]
    assert highlight > 0.97 > lit_floor > halftone > core > cast > contact
    assert reflected > contact + 0.15
    penumbra = np.diff(image[320, 480:620])
    assert penumbra.min() > -0.01 and penumbra.max() < 0.03 and penumbra.sum() > 0.15  # the edge is soft
