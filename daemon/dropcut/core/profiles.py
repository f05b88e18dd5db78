"""Profiles: what is done with the pictures of a folder."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from unicodedata import normalize

from dropcut.core.pictures import OutputOptions

EVERYWHERE = PurePosixPath()
ModelKey = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is done with the pictures of one folder.

    Attributes:
        folder: Relative to the inbox; `.` for all that no other profile is for.
        model: A catalogue name, or the path of an `.onnx` file.
        recipe: The name of the model's recipe, where the path alone does not tell it.
        allow_no_subject: Whether a picture without a subject is published all the same.
        background: The look's, as it was written in the settings.
        where: The file and table in which it stands; nothing for the settings' own.
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
        """What it has in common with all profiles that share its loaded model."""
        return self.model, self.recipe


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of an inbox; there is one for every picture.

    Attributes:
        all: The first one is for what lies in no folder of another one.
    """

    all: tuple[Profile, ...]

    def of(self, source: PurePosixPath) -> Profile:
        """Return the profile of the nearest folder above a picture.

        One name may be written in two ways, "ö" as one letter or, by a Mac, as two.
        """

        def composed(folder: PurePosixPath) -> PurePosixPath:
            return PurePosixPath(normalize("NFC", str(folder)))

        place = composed(source.parent)
        above = [p for p in self.all if place.is_relative_to(composed(p.folder))]
        return max(above, key=lambda profile: len(profile.folder.parts))
