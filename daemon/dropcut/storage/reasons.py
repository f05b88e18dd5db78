"""Reason files, which are beside the pictures in `failed/` and say why they failed."""

import json
import os

from dropcut.core.claims import Claim, ClaimState
from dropcut.core.errors import is_transient
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage import content, posix
from dropcut.storage.free import free_file_name
from dropcut.storage.names import reason_name, temp_name

Facts = dict[str, object]
"""What a reason file says about a picture."""

_MAX_BYTES = 1 << 20


def is_free(folder_fd: int, name: str, own: os.stat_result | None) -> bool:
    """Whether a name is free, or belongs to the file with the status `own` already.

    The latter is the case after `link` without `unlink`.
    """
    found = posix.status_at(folder_fd, name)
    return found is None or (own is not None and os.path.samestat(found, own))


def write_reason(
    folder_fd: int, claim: Claim, own: os.stat_result | None, *, facts: Facts
) -> str:
    """Choose a free name for a failed picture, write its reason, return the name.

    Raises:
        FileExistsError: Another reason file has taken the name since it was chosen.
    """

    def is_usable(name: str) -> bool:
        reason = reason_name(name)
        return is_free(folder_fd, name, own) and (
            not posix.exists(folder_fd, reason)
            or is_same_reason(folder_fd, reason, facts)
        )

    name = free_file_name(
        folder_fd, claim.source.name, is_usable, spare_bytes=len(REASON_SUFFIX)
    )
    reason, temp = reason_name(name), reason_temp(claim)
    is_own = posix.exists(folder_fd, reason)
    if is_own and claim.state is ClaimState.FAILED:
        # The reason file was written by the interrupted run, which knew the reason
        posix.remove(folder_fd, temp)
        return name
    with posix.new_file(folder_fd, temp) as file_fd:
        text = json.dumps(facts, indent=2) + "\n"
        posix.write_all(file_fd, text.encode("ascii"))
    if is_own:
        os.rename(temp, reason, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
    else:
        posix.rename_new(folder_fd, temp, folder_fd, reason)
    posix.sync_folder(folder_fd)
    return name


def reason_temp(claim: Claim) -> str:
    """Return the hidden name of an incomplete reason."""
    return temp_name(f"{claim.id}-reason")


def is_same_reason(folder_fd: int, name: str, facts: Facts) -> bool:
    """Whether a reason file is about the picture with these facts.

    It is if either the claim or path, size and content are the same. Size and
    content change while somebody is still writing to the claimed picture.
    """
    try:
        with posix.opened_file(folder_fd, name) as file_fd:
            earlier = json.loads(content.read_up_to(file_fd, _MAX_BYTES))
    except OSError as error:
        if is_transient(error):
            raise
        return False
    except (ValueError, RecursionError):
        return False
    return isinstance(earlier, dict) and any(
        all(earlier.get(key) == facts[key] for key in keys)
        for keys in (("claim",), ("source", "bytes", "sha256"))
    )
