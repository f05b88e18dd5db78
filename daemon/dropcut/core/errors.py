"""What can go wrong: exit codes of the command, reasons of a failed picture."""

import errno
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """How the command ends; systemd does not restart on USAGE and CONFIG."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 64
    INTERNAL = 70
    LOST = 71
    TAKEN = 75
    CONFIG = 78


class Reason(StrEnum):
    """Why a picture is in `failed/`; stable codes, listed in the README."""

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
        errno.EDQUOT,
        errno.EHOSTDOWN,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENODEV,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.ENOTCONN,
        errno.EROFS,
        errno.ESTALE,
        errno.ETIMEDOUT,
    ]
)
"""The machine or the whole file system is at fault, whichever file was meant."""

NO_USABLE_FILE = frozenset(
    [
        errno.EACCES,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
    ]
)
"""The path is at fault: no file that may be used lies there, and waiting is no help."""

NOT_WRITABLE = frozenset(
    [errno.EACCES, errno.EEXIST, errno.ENOTDIR, errno.EPERM, errno.EROFS]
)
"""The path is at fault: nothing may be written there."""

NO_HARD_LINKS = frozenset(
    [errno.EACCES, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM]
)
"""A file system without hard links, or one that allows none here, refuses `link`."""


def is_transient(error: OSError) -> bool:
    """Whether the machine or a whole file system is at fault, so that it may pass."""
    return isinstance(error, TransientError) or error.errno in TRANSIENT


def describe(error: BaseException) -> str:
    """Return what an error says, without an errno's number."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return str(error) or repr(error)


class DropcutError(Exception):
    """Base of everything that Dropcut raises on purpose."""

    exit_code = ExitCode.INTERNAL


class UsageError(DropcutError):
    """The command line cannot be followed."""

    exit_code = ExitCode.USAGE


class ConfigurationError(DropcutError):
    """A setting, a folder or a model is not as it must be; a restart cannot fix it.

    `dropcut.settings.explain` adds the name under which the user sets the setting.

    Attributes:
        problem: What is wrong and what to do.
        setting: The field of the settings that is at fault, such as `model`, if any.
        value: The value of the setting as the user wrote it, where it helps.
        where: File and table of the profile that sets it; empty without a profile.
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
    """A model could not be fetched: the fault of network, server or disk."""

    exit_code = ExitCode.SOME_FAILED


class AlreadyRunningError(DropcutError):
    """Another instance of Dropcut works on this inbox."""

    exit_code = ExitCode.TAKEN


class WorkerDiedError(DropcutError):
    """A thread that the service cannot live without has died."""

    exit_code = ExitCode.LOST


class PictureError(DropcutError):
    """The picture's own fault: it goes to `failed/` with the reason.

    Attributes:
        reason: The stable code.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        """Keep the code beside the message, which says what to do."""
        super().__init__(message)
        self.reason = reason


class TransientError(DropcutError, OSError):
    """The machine's fault, without an errno: work pauses and is tried again.

    It is an `OSError` because whatever handles the machine's faults handles both.
    """


class ModelUnavailableError(TransientError):
    """The machine's fault, but of one model alone: only its pictures have to wait."""


class VanishedError(DropcutError):
    """Somebody took the picture away while it was being worked on."""


class InterruptedWorkError(DropcutError):
    """The work on a picture was broken off from outside: it is no attempt."""
