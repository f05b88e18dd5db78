"""What can go wrong: exit codes of the command, reasons of a failed picture."""

import errno
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """The command's exit codes; systemd does not restart after USAGE and CONFIG."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 64
    INTERNAL = 70
    LOST = 71
    OUTPUT = 74
    TAKEN = 75
    CONFIG = 78


class Reason(StrEnum):
    """Why a picture is in `failed/`; stable codes, see docs/why-a-picture-failed.md."""

    EMPTY_FILE = "empty-file"
    NOT_AN_IMAGE = "not-an-image"
    UNSUPPORTED_FORMAT = "unsupported-format"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_LARGE = "too-large"
    TOO_MANY_PIXELS = "too-many-pixels"
    HEIC_NOT_INSTALLED = "heic-not-installed"
    TIMED_OUT = "timed-out"
    DECODER_CRASHED = "decoder-crashed"
    OUT_OF_MEMORY = "out-of-memory"
    NO_SUBJECT = "no-subject"
    GAVE_UP = "gave-up"


TRANSIENT = frozenset(
    [
        *(errno.EDQUOT, errno.EHOSTDOWN, errno.EIO, errno.EMFILE),
        *(errno.ENFILE, errno.ENODEV, errno.ENOMEM, errno.ENOSPC),
        *(errno.ENOTCONN, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT),
    ]
)
"""The machine or the whole file system is at fault, not a single file."""

NO_USABLE_FILE = frozenset(
    [
        *(errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG),
        *(errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EPERM),
    ]
)
"""The path is at fault: no usable file is there, and waiting does not help."""

NOT_WRITABLE = frozenset(
    [errno.EACCES, errno.EEXIST, errno.ENOTDIR, errno.EPERM, errno.EROFS]
)
"""The path is at fault: it cannot be written."""

NOT_A_FOLDER = frozenset([errno.ELOOP, errno.ENOTDIR])
"""Something else, such as a file or a link, is in the place of a folder."""

NO_HARD_LINKS = frozenset(
    [errno.EACCES, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM]
)
"""The file system has no hard links, or does not allow one here."""


def is_transient(error: OSError) -> bool:
    """Whether the machine or a file system is at fault, so that a retry may succeed."""
    return isinstance(error, TransientError) or error.errno in TRANSIENT


def describe(error: BaseException) -> str:
    """Return the text of an error, without the number of an errno."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return str(error) or repr(error)


class DropcutError(Exception):
    """Base of everything that Dropcut raises on purpose."""

    exit_code = ExitCode.INTERNAL


class UsageError(DropcutError):
    """The command line is wrong."""

    exit_code = ExitCode.USAGE


class ConfigurationError(DropcutError):
    """A setting, a folder or a model is wrong; a restart cannot fix it.

    `dropcut.settings.explain` adds the name under which the user sets the setting.

    Attributes:
        problem: What is wrong and what to do.
        setting: The field of the settings that is at fault, such as `model`, if any.
        value: The value of the setting as the user wrote it, where it helps.
        where: File and table of the profile with the setting; empty without a profile.
    """

    exit_code = ExitCode.CONFIG

    def __init__(
        self, problem: str, *, setting: str = "", value: object = None, where: str = ""
    ) -> None:
        """Create an error whose text is the problem alone."""
        super().__init__(problem)
        self.problem, self.setting = problem, setting
        self.value, self.where = value, where


class DownloadError(DropcutError):
    """A model could not be downloaded; network, server or disk is at fault."""

    exit_code = ExitCode.SOME_FAILED


class AlreadyRunningError(DropcutError):
    """Another instance of Dropcut is using this inbox."""

    exit_code = ExitCode.TAKEN


class UnusableLockError(AlreadyRunningError):
    """It cannot be determined whether another instance is using this inbox."""


class WorkerDiedError(DropcutError):
    """A thread that the service depends on has died."""

    exit_code = ExitCode.LOST


class PictureError(DropcutError):
    """The picture is at fault: it goes to `failed/` with the reason.

    Attributes:
        reason: The stable code.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        """Create an error; the message says what happened, then what to do."""
        super().__init__(message)
        self.reason = reason


class TransientError(DropcutError, OSError):
    """The machine is at fault, without an errno: work pauses and is retried.

    It is an `OSError`, so code that handles the system's own errors handles it too.
    """


class UncertainFaultError(TransientError):
    """Either the machine or the picture is at fault; the machine is blamed first.

    Attributes:
        picture_error: What the picture fails with, if the picture is found at fault.
    """

    def __init__(self, problem: str, picture_error: PictureError) -> None:
        """Create an error; `problem` says what the machine may have done."""
        super().__init__(problem)
        self.picture_error = picture_error


class ModelUnavailableError(TransientError):
    """The machine is at fault, but for one model: only pictures that need it wait."""


class VanishedError(DropcutError):
    """Somebody else removed the claimed original."""


class InterruptedWorkError(DropcutError):
    """Work on a picture was cancelled from outside; it does not count as an attempt."""
