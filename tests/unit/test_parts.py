"""What is tried before any picture: the backgrounds."""

import pytest
from dropcut.child import ChildCodec
from dropcut.errors import ConfigurationError
from dropcut.jobs import Look, Profile, Profiles
from dropcut.parts import try_backgrounds

from .pictures import encoded, photograph

_PHOTO = encoded(photograph("coffee.png").resize((90, 90)), "JPEG")


def _profiles(background: tuple[int, int, int] | bytes | None) -> Profiles:
    look = Look(background=background)
    return Profiles((Profile(model="tiny", look=look, background="wall.jpg"),))


@pytest.mark.parametrize("data", [b"", b"no picture", _PHOTO[:200]])
def test_background_that_is_no_picture(child_codec: ChildCodec, data: bytes) -> None:
    """A background that is no picture is found before any work is done."""
    with pytest.raises(ConfigurationError, match=r"BACKGROUND=wall\.jpg"):
        try_backgrounds(child_codec, _profiles(data))


@pytest.mark.parametrize("background", [None, (1, 2, 3), _PHOTO])
def test_good_background(
    child_codec: ChildCodec, background: tuple[int, int, int] | bytes | None
) -> None:
    """A colour, a picture and no background are all good."""
    try_backgrounds(child_codec, _profiles(background))
