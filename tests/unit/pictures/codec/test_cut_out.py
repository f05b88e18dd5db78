"""The PNG holds the subject, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from dropcut.pictures.codec import Decoder
from dropcut.pictures.codec.resize import image_of, resized
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ...conftest import Cut
from ...output_options import RAW
from ...photographs import encoded, noise, photograph, png_chunks, wide_gamut_profile
from ...results import write_result

_SECRET = b"49.2N 8.4E"


def test_alpha_is_multiplied(cut: Cut) -> None:
    """Existing alpha is multiplied in, and never increased."""
    random = np.random.default_rng(1)
    own = random.integers(0, 256, (20, 30), dtype=np.uint8)
    mask = random.integers(0, 256, (20, 30), dtype=np.uint8)
    data = encoded(Image.fromarray(np.dstack([noise(30, 20), own])), "PNG")
    alpha = np.asarray(cut(data, mask).getchannel("A")).astype(int)
    assert np.abs(alpha - own.astype(float) * mask / 255).max() <= 0.51
    assert (alpha <= own).all()
    assert (alpha <= mask).all()


def test_background_is_gone(cut: Cut) -> None:
    """Where the cutout is transparent no colour is left; elsewhere it is untouched."""
    pixels = noise(40, 30)
    mask = np.where(np.arange(40) < 20, 0, 1).astype(np.uint8) * np.ones((30, 1), "u1")
    result = np.asarray(cut(encoded(Image.fromarray(pixels), "PNG"), mask))
    hidden = result[:, :, 3] == 0
    assert hidden.any()
    assert (result[hidden] == 0).all()
    assert np.array_equal(result[~hidden][:, :3], pixels[~hidden])


def test_background_of_photograph_is_gone(cut: Cut) -> None:
    """An enlarged mask leaves no colour where it is transparent, too."""
    mask = np.zeros((32, 32), np.uint8)
    mask[8:24, 8:24] = 255
    result = np.asarray(cut(encoded(photograph("coffee.png"), "JPEG"), mask))
    assert result.shape == (400, 600, 4)
    assert (result[result[:, :, 3] == 0] == 0).all()
    assert result[200, 300, 3] == 255
    assert result[0, 0, 3] == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_metadata_is_stripped(cut: Cut, tmp_path: Path, kind: str) -> None:
    """No place, no camera, no profile and no text of the original is in the PNG."""
    exif = Image.Exif()
    exif[0x010E] = _SECRET.decode()
    options: dict[str, object] = {"exif": exif.tobytes()}
    options["icc_profile"] = wide_gamut_profile()
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", _SECRET.decode())
        options["pnginfo"] = text
    data = encoded(photograph("coffee.png").resize((60, 40)), kind, **options)
    assert _SECRET in data
    picture = cut(data, np.full((8, 8), 255, np.uint8))
    written = (tmp_path / "cut-out.png").read_bytes()
    assert _SECRET not in written
    assert png_chunks(written) <= {b"IHDR", b"IDAT", b"IEND", b"pHYs"}
    assert not picture.getexif()


def test_result_is_eight_bit_rgba(cut: Cut) -> None:
    """Even a grey picture becomes an 8-bit RGBA PNG of its own size."""
    data = encoded(photograph("camera.png", mode="L"), "PNG")
    picture = cut(data, np.full((320, 320), 255, np.uint8))
    assert (picture.format, picture.mode) == ("PNG", "RGBA")
    assert picture.size == (512, 512)


def test_sink_stays_open(codec: Decoder, tmp_path: Path) -> None:
    """The sink stays open for the caller, which makes it durable."""
    picture = codec.open(encoded(photograph("coffee.png"), "JPEG"), 8, 8, RAW)
    with (tmp_path / "x.png").open("wb") as sink:
        write_result(picture, np.full((8, 8), 255, np.uint8), sink.fileno())
        sink.write(b"more")
    assert (tmp_path / "x.png").read_bytes().endswith(b"more")


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.integers(0, 9))
def test_mask_of_any_size(width: int, height: int, side: int, seed: int) -> None:
    """A mask is resized to the picture and stays within 0 to 255, without wrapping."""
    flat = np.full((side, side), seed % 2 * 255, np.uint8)
    enlarged = resized(image_of(flat), width, height)
    assert (enlarged.width, enlarged.height) == (width, height)
    assert (enlarged.min(), enlarged.max()) == (flat[0, 0], flat[0, 0])


def test_enlarged_mask_is_not_shifted() -> None:
    """A symmetrical mask stays symmetrical at the picture's size."""
    mask = np.zeros((32, 32), np.uint8)
    mask[8:24, 8:24] = 255
    for width, height in ((333, 211), (64, 64), (20, 90), (90, 20)):
        large = resized(image_of(mask), width, height).numpy().reshape(height, width)
        assert np.abs(large.astype(int) - large[::-1, ::-1]).max() <= 1
