"""Cases 1 to 22: what a file holds."""

import numpy as np
import pytest
from dropcut.core.pictures import InputFormat
from PIL import Image

from ..fuzz.hunt import Victim
from ..pictures import PICTURES
from ..service.invariants import assert_whole_and_private
from .files import FILES, REFUSED, SEEN
from .hostile import bombs, swollen
from .shared_run import SharedRun

_KNOWN = {picture.name: picture for picture in PICTURES}
_MOST_MORE_MB = 50


def _in(case: int) -> list[str]:
    """Return the files of a case."""
    return [name for name in FILES if name.startswith(f"{case:02}/")]


def _reasons(shared_run: SharedRun, case: int) -> set[str]:
    return {shared_run.failed(name)[0] for name in _in(case)}


def test_01_empty_file(shared_run: SharedRun) -> None:
    """An empty file fails as `empty-file`."""
    assert _reasons(shared_run, 1) == {"empty-file"}


def test_02_no_image(shared_run: SharedRun) -> None:
    """Text and programs are no image, and an archive is called one."""
    reasons = {name: shared_run.failed(name)[0] for name in _in(2)}
    assert reasons.pop("02/zip.jpg") == "unsupported-format"
    assert {*reasons.values()} == {"not-an-image"}


@pytest.mark.parametrize("name", _in(3))
def test_03_misleading_extension(shared_run: SharedRun, name: str) -> None:
    """A picture is done whatever extension it has, or none."""
    assert shared_run.done(name).shape[1] == 160


@pytest.mark.parametrize("name", _in(4))
def test_04_truncated(shared_run: SharedRun, name: str) -> None:
    """A picture whose end is missing fails as `truncated`."""
    assert shared_run.failed(name)[0] == "truncated"


def test_05_wrong_checksum(shared_run: SharedRun) -> None:
    """A PNG with damaged pixels is corrupt; with a damaged comment it is done."""
    assert shared_run.failed("05/pixels.png")[0] == "corrupt"
    assert shared_run.done("05/text.png").shape[1] == 160


def test_06_decompression_bomb(shared_run: SharedRun) -> None:
    """A small file whose header has an enormous size is refused."""
    assert _reasons(shared_run, 6) == {"too-many-pixels"}


def test_06_decompression_bomb_in_memory() -> None:
    """The enormous size in a small file's header costs no memory."""
    with Victim("child") as victim:
        before = victim.work(FILES["03/a JPEG.PNG"], 0).peak_mb
        for data in bombs().values():
            outcome = victim.work(data, 0)
            assert outcome.ended == "too-many-pixels"
            assert outcome.peak_mb < before + _MOST_MORE_MB


@pytest.mark.parametrize("name", _in(7))
def test_07_bomb_in_metadata(shared_run: SharedRun, name: str) -> None:
    """A PNG with texts or a profile that swell without end is done without them."""
    assert shared_run.done(name).shape[1] == 160


@pytest.mark.parametrize("keep", [0, 1], ids=["none", "all"])
def test_07_bomb_in_metadata_in_memory(keep: int) -> None:
    """What would swell is not unpacked, even where metadata is kept."""
    with Victim("child") as victim:
        before = victim.work(FILES["03/a PNG.jpg"], keep).peak_mb
        for data in swollen().values():
            outcome = victim.work(data, keep)
            assert outcome.ended == "done"
            assert outcome.peak_mb < before + _MOST_MORE_MB


def test_08_packed_svg(shared_run: SharedRun) -> None:
    """A cut-off packed SVG, at which libvips once hung for ever, fails at once."""
    assert _reasons(shared_run, 8) == {"unsupported-format"}


def test_09_other_formats(shared_run: SharedRun) -> None:
    """A picture of another format is refused by its name; the formats are listed."""
    kinds = {f"09/{refusal.name}": refusal.kind for refusal in REFUSED}
    for name, kind in {**kinds, "09/print.ps": "PostScript"}.items():
        reason, message = shared_run.failed(name)
        assert reason == "unsupported-format"
        assert f" {kind}," in message
        assert all(readable in message for readable in InputFormat)


@pytest.mark.parametrize("name", SEEN[10])
def test_10_animation_and_pages(shared_run: SharedRun, name: str) -> None:
    """The first of several pictures is cut out, and the log says so."""
    shared_run.seen(_KNOWN[name], f"10/{name}")
    assert _KNOWN[name].notes


@pytest.mark.parametrize("name", SEEN[11])
def test_11_heic(shared_run: SharedRun, name: str) -> None:
    """HEIC of any depth, in tiles or one of several, comes out upright, once."""
    shared_run.seen(_KNOWN[name], f"11/{name}")


@pytest.mark.parametrize("name", SEEN[12])
def test_12_avif(shared_run: SharedRun, name: str) -> None:
    """AVIF comes out upright."""
    shared_run.seen(_KNOWN[name], f"12/{name}")


def test_13_mutants(shared_run: SharedRun) -> None:
    """Mutants of every format are all filed by the one service that they came to."""
    outcomes = {shared_run.line(name)["outcome"] for name in _in(13)}
    assert outcomes == {"done", "failed"}
    assert shared_run.service.process.pid == shared_run.pid
    assert shared_run.service.process.poll() is None


@pytest.mark.parametrize("name", SEEN[17])
def test_17_kinds_of_colour(shared_run: SharedRun, name: str) -> None:
    """CMYK, grey, palettes, 1 and 16 bits, CIELAB and P3 come out in their colours."""
    shared_run.seen(_KNOWN[name], f"17/{name}")


@pytest.mark.parametrize("name", SEEN[18])
def test_18_broken_profile(shared_run: SharedRun, name: str) -> None:
    """A profile that is no good is ignored, as the log says where it can be known."""
    shared_run.seen(_KNOWN[name], f"18/{name}")


@pytest.mark.parametrize("name", SEEN[19])
def test_19_orientation(shared_run: SharedRun, name: str) -> None:
    """However a picture lies, its result is upright and not said to lie."""
    shared_run.seen(_KNOWN[name], f"19/{name}")
    assert_whole_and_private(shared_run.result(f"19/{name}"))


def test_20_metadata(shared_run: SharedRun) -> None:
    """A camera's picture reveals place and camera, and its result does not."""
    (name,) = _in(20)
    assert b"Canon" in FILES[name]
    assert b"Canon" not in shared_run.result(name).read_bytes()
    assert_whole_and_private(shared_run.result(name))


@pytest.mark.parametrize("name", SEEN[21])
def test_21_alpha(shared_run: SharedRun, name: str) -> None:
    """A picture that is transparent somewhere is not less so when it is cut out."""
    shared_run.seen(_KNOWN[name], f"21/{name}")
    with Image.open(shared_run.service.processed / "21" / name) as picture:
        own = np.asarray(picture.getchannel("A")).astype(int)
    assert (shared_run.done(f"21/{name}")[..., 3] <= own).all()


@pytest.mark.parametrize("name", ["1x1", "1x5000", "16384x2"])
def test_21_odd_size(shared_run: SharedRun, name: str) -> None:
    """A picture of very few pixels, or a very long one, keeps its size."""
    height, width = shared_run.done(f"21/{name}.png").shape[:2]
    assert f"{width}x{height}" == name


def test_21_nothing_to_see(shared_run: SharedRun) -> None:
    """A picture that is transparent everywhere stays so, without a colour."""
    assert not shared_run.done("21/clear.png").any()


def test_22_too_large(shared_run: SharedRun) -> None:
    """A file of ten gigabytes fails as `too-large`, without being read."""
    assert shared_run.failed("22/sparse.jpg")[0] == "too-large"
