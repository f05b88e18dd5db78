"""Profiles: what is done with the pictures of a folder."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from unicodedata import normalize

from dropcut.core.pictures import OutputOptions

EVERYWHERE = PurePosixPath()
ModelKey = tuple[str, str | None]


def composed(folder: PurePosixPath) -> PurePosixPath:
    """Return a folder as it is compared: a Mac may write "ö" as two characters."""
    return PurePosixPath(normalize("NFC", str(folder)))


def spellings(folder: PurePosixPath) -> set[str]:
    """Return the names that a folder may have on disk: composed and as on a Mac."""
    return {normalize(form, str(folder)) for form in ("NFC", "NFD")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is done with the pictures of one folder.

    Attributes:
        folder: Relative to the inbox; `.` for all pictures without another profile.
        model: A catalogue name, or the path of an `.onnx` file.
        recipe: The name of the model's recipe, where the path alone does not tell it.
        allow_no_subject: Whether a picture without a subject is published all the same.
        background: The background of the options, as it was written in the settings.
        where: The file and table that define it; empty for the settings themselves.
    """

    folder: PurePosixPath = EVERYWHERE
    model: str
    recipe: str | None = None
    options: OutputOptions = field(default_factory=OutputOptions)
    allow_no_subject: bool = False
    background: str = ""
    where: str = ""

    @property
    def model_key(self) -> ModelKey:
        """What all profiles that share its loaded model have in common."""
        return self.model, self.recipe


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of an inbox; there is one for every picture.

    Attributes:
        all: The first one is for pictures in folders without another profile.
    """

    all: tuple[Profile, ...]

    def of(self, source: PurePosixPath) -> Profile:
        """Return the profile of the nearest folder above a picture."""
        parent = composed(source.parent)
        above = [p for p in self.all if parent.is_relative_to(composed(p.folder))]
        return max(above, key=lambda profile: len(profile.folder.parts))
