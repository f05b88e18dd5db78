"""Profiles: how the pictures of a folder are processed."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from unicodedata import normalize

from dropcut.core.pictures import OutputOptions

EVERYWHERE = PurePosixPath()
ModelKey = tuple[str, str | None]


def normalised(folder: PurePosixPath) -> PurePosixPath:
    """Return a folder in NFC, to compare it: a Mac may write "ö" as two characters."""
    return PurePosixPath(normalize("NFC", str(folder)))


def spellings(folder: PurePosixPath) -> set[str]:
    """Return the names that a folder may have on disk: in NFC, and in NFD by Macs."""
    return {normalize(form, str(folder)) for form in ("NFC", "NFD")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How the pictures of one folder are processed.

    Attributes:
        folder: Relative to the inbox; `.` for all pictures without another profile.
        model: A catalogue name, or the path of an `.onnx` file.
        recipe: The model's recipe, if it cannot be recognised from the file's content.
        allow_no_subject: Whether a picture without a subject is published anyway.
        background: The background of the options, as it was written in the settings.
        where: The file and table of the profile; empty for the settings themselves.
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
        """Equal for all profiles that share one loaded model."""
        return self.model, self.recipe


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of an inbox; every picture has one.

    Attributes:
        all: The first is for pictures in folders without a profile of their own.
    """

    all: tuple[Profile, ...]

    def profile_of(self, source: PurePosixPath) -> Profile:
        """Return the profile of the nearest folder above a picture."""
        parent = normalised(source.parent)
        above = [p for p in self.all if parent.is_relative_to(normalised(p.folder))]
        return max(above, key=lambda profile: len(profile.folder.parts))
