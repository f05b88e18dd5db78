"""Cases 1 to 22: what a file holds."""

import numpy as np
import pytest
from dropcut.pictures.codec import InputFormat
from PIL import Image

from ..fuzz.hunt import Victim
from ..pictures import PICTURES
from ..service.promises import assert_whole_and_private
from .crowd import Crowd
from .files import FILES, REFUSED, SEEN
from .hostile import bombs, swollen

_KNOWN = {picture.name: picture for picture in PICTURES}
_MOST_MORE_MB = 50


def _in(case: int) -> list[str]:
    """Return the files of a case."""
    return [name for name in FILES if name.startswith(f"{case:02}/")]


def _reasons(crowd: Crowd, case: int) -> set[str]:
    return {crowd.failed(name)[0] for name in _in(case)}


def test_01_empty_file(crowd: Crowd) -> None:
    """An empty file fails as `empty-file`."""
    assert _reasons(crowd, 1) == {"empty-file"}


def test_02_no_image(crowd: Crowd) -> None:
    """Text and programs are no image, and an archive is called one."""
    reasons = {name: crowd.failed(name)[0] for name in _in(2)}
    assert reasons.pop("02/zip.jpg") == "unsupported-format"
    assert {*reasons.values()} == {"not-an-image"}


@pytest.mark.parametrize("name", _in(3))
def test_03_misleading_extension(crowd: Crowd, name: str) -> None:
    """A picture is done whatever extension it has, or none."""
    assert crowd.done(name).shape[1] == 160


@pytest.mark.parametrize("name", _in(4))
def test_04_truncated(crowd: Crowd, name: str) -> None:
    """A picture whose end is missing fails as `truncated`."""
    assert crowd.failed(name)[0] == "truncated"


def test_05_wrong_checksum(crowd: Crowd) -> None:
    """A PNG with damaged pixels is corrupt; with a damaged comment it is done."""
    assert crowd.failed("05/pixels.png")[0] == "corrupt"
    assert crowd.done("05/text.png").shape[1] == 160


def test_06_decompression_bomb(crowd: Crowd) -> None:
    """A small file that tells an enormous size is refused by its header."""
    assert _reasons(crowd, 6) == {"too-many-pixels"}


def test_06_decompression_bomb_in_memory() -> None:
    """The size that a small file tells costs no memory."""
    with Victim("child") as victim:
        before = victim.work(FILES["03/a JPEG.PNG"], 0).peak_mb
        for data in bombs().values():
            outcome = victim.work(data, 0)
            assert outcome.ended == "too-many-pixels"
            assert outcome.peak_mb < before + _MOST_MORE_MB


@pytest.mark.parametrize("name", _in(7))
def test_07_bomb_in_metadata(crowd: Crowd, name: str) -> None:
    """A PNG with texts or a profile that swell without end is done without them."""
    assert crowd.done(name).shape[1] == 160


@pytest.mark.parametrize("keep", [0, 1], ids=["none", "all"])
def test_07_bomb_in_metadata_in_memory(keep: int) -> None:
    """What would swell is not unpacked, even where metadata is kept."""
    with Victim("child") as victim:
        before = victim.work(FILES["03/a PNG.jpg"], keep).peak_mb
        for data in swollen().values():
            outcome = victim.work(data, keep)
            assert outcome.ended == "done"
            assert outcome.peak_mb < before + _MOST_MORE_MB


def test_08_packed_svg(crowd: Crowd) -> None:
    """A cut-off packed SVG, at which libvips once hung for ever, fails at once."""
    assert _reasons(crowd, 8) == {"unsupported-format"}


def test_09_other_formats(crowd: Crowd) -> None:
    """A picture of another format is refused by its name; what is read is told."""
    kinds = {f"09/{refusal.name}": refusal.kind for refusal in REFUSED}
    for name, kind in {**kinds, "09/print.ps": "PostScript"}.items():
        reason, message = crowd.failed(name)
        assert reason == "unsupported-format"
        assert f" {kind}," in message
        assert all(readable in message for readable in InputFormat)


@pytest.mark.parametrize("name", SEEN[10])
def test_10_animation_and_pages(crowd: Crowd, name: str) -> None:
    """The first of several pictures is cut out, and the log says so."""
    crowd.seen(_KNOWN[name], f"10/{name}")
    assert _KNOWN[name].notes


@pytest.mark.parametrize("name", SEEN[11])
def test_11_heic(crowd: Crowd, name: str) -> None:
    """HEIC of any depth, in tiles or one of several, comes out upright, once."""
    crowd.seen(_KNOWN[name], f"11/{name}")


@pytest.mark.parametrize("name", SEEN[12])
def test_12_avif(crowd: Crowd, name: str) -> None:
    """AVIF comes out upright."""
    crowd.seen(_KNOWN[name], f"12/{name}")


def test_13_mutants(crowd: Crowd) -> None:
    """Mutants of every format are all filed by the one service that they came to."""
    outcomes = {crowd.line(name)["outcome"] for name in _in(13)}
    assert outcomes == {"done", "failed"}
    assert crowd.service.process.pid == crowd.pid
    assert crowd.service.process.poll() is None


@pytest.mark.parametrize("name", SEEN[17])
def test_17_kinds_of_colour(crowd: Crowd, name: str) -> None:
    """CMYK, grey, palettes, 1 and 16 bits, CIELAB and P3 come out in their colours."""
    crowd.seen(_KNOWN[name], f"17/{name}")


@pytest.mark.parametrize("name", SEEN[18])
def test_18_broken_profile(crowd: Crowd, name: str) -> None:
    """A profile that is no good is ignored, as the log says where it can be known."""
    crowd.seen(_KNOWN[name], f"18/{name}")


@pytest.mark.parametrize("name", SEEN[19])
def test_19_orientation(crowd: Crowd, name: str) -> None:
    """However a picture lies, its result is upright and not said to lie."""
    crowd.seen(_KNOWN[name], f"19/{name}")
    assert_whole_and_private(crowd.result(f"19/{name}"))


def test_20_metadata(crowd: Crowd) -> None:
    """A camera's picture tells place and camera, and its result does not."""
    (name,) = _in(20)
    assert b"Canon" in FILES[name]
    assert b"Canon" not in crowd.result(name).read_bytes()
    assert_whole_and_private(crowd.result(name))


@pytest.mark.parametrize("name", SEEN[21])
def test_21_alpha(crowd: Crowd, name: str) -> None:
    """A picture that is transparent somewhere is not less so when it is cut out."""
    crowd.seen(_KNOWN[name], f"21/{name}")
    with Image.open(crowd.service.processed / "21" / name) as picture:
        own = np.asarray(picture.getchannel("A")).astype(int)
    assert (crowd.done(f"21/{name}")[..., 3] <= own).all()


@pytest.mark.parametrize("name", ["1x1", "1x5000", "16384x2"])
def test_21_odd_size(crowd: Crowd, name: str) -> None:
    """A picture of very few pixels, or a very long one, keeps its size."""
    height, width = crowd.done(f"21/{name}.png").shape[:2]
    assert f"{width}x{height}" == name


def test_21_nothing_to_see(crowd: Crowd) -> None:
    """A picture that is transparent everywhere stays so, without a colour."""
    assert not crowd.done("21/clear.png").any()


def test_22_too_large(crowd: Crowd) -> None:
    """A file of ten gigabytes fails as `too-large`, without being read."""
    assert crowd.failed("22/sparse.jpg")[0] == "too-large"
