"""Which tests hold each promise, and which of the slow ones `make test` runs.

`conftest.py` marks the tests by these tables; `tools/promises.py` writes
`docs/promises.md` from them. A name is a test file, or one test of it.
"""

Promise = tuple[str, str, tuple[str, ...]]

PROMISES: dict[str, Promise] = {
    "P1": (
        "Nothing is lost",
        (
            "At every instant every accepted original is in exactly one of inbox, "
            "claims, `processed/` and `failed/` (during a move to another file "
            "system: in at least one, and in exactly one after recovery). Nothing is "
            "ever overwritten."
        ),
        (
            "crash/test_calls.py",
            "crash/test_daemon_machine.py",
            "crash/test_faults.py",
            "crash/test_kills.py",
            "crash/test_leftovers.py",
            "crash/test_machine.py",
            "crash/test_power.py",
            "service/test_arrival.py",
            "service/test_backlog.py",
            "service/test_flood.py",
            "service/test_folders.py",
            "service/test_growing.py",
            "service/test_killed.py",
            "service/test_lost_inbox.py",
            "service/test_samba.py",
            "service/test_shares.py",
            "service/test_terminated.py",
            "unit/storage/test_archive.py",
            "unit/storage/test_claims.py",
            "unit/storage/test_content.py",
            "unit/storage/test_rename.py",
            "unit/storage/test_retry.py",
        ),
    ),
    "P2": (
        "Whole or absent",
        (
            "A name in the outbox only ever shows a complete, decodable PNG (or WebP, "
            "where you ask for it)."
        ),
        (
            "acceptance/test_content.py",
            "crash/test_calls.py",
            "crash/test_kills.py",
            "service/test_pictures.py",
            "service/test_slow_arrival.py",
            "unit/pictures/codec/test_pictures.py",
            "unit/storage/test_results.py",
            "unit/storage/test_store.py",
        ),
    ),
    "P3": (
        "In order",
        (
            "`processed/` implies that the result is durable in the outbox; `failed/` "
            "implies a reason file and no result."
        ),
        (
            "crash/test_calls.py",
            "crash/test_faults.py",
            "crash/test_kills.py",
            "crash/test_power.py",
            "service/test_bad_pictures.py",
            "unit/storage/test_archive.py",
            "service/test_moved_folders.py",
            "unit/storage/test_results.py",
            "unit/storage/test_store.py",
            "unit/work/test_pipeline.py",
        ),
    ),
    "P4": (
        "Once",
        (
            "One dropped picture gives one result, whatever is killed in between and "
            "however often."
        ),
        (
            "crash/test_calls.py",
            "crash/test_kills.py",
            "crash/test_leftovers.py",
            "service/test_containers.py",
            "service/test_killed.py",
            "service/test_shared_folders.py",
            "service/test_twins.py",
            "unit/storage/test_half_archived.py",
            "unit/storage/test_results.py",
            "unit/work/test_pipeline_on_disk.py",
        ),
    ),
    "P5": (
        "Blame falls right",
        (
            "Only the picture's own fault sends it to `failed/`. The machine's fault "
            "(disk full, I/O error, share gone, permission, out of memory) pauses the "
            "work, says so, and the work goes on by itself when it is fixed."
        ),
        (
            "crash/test_faults.py",
            "service/test_blame.py",
            "service/test_full_disk.py",
            "service/test_marker.py",
            "service/test_models_in_turns.py",
            "service/test_log_stuck.py",
            "service/test_permissions.py",
            "service/test_shares.py",
            "service/test_standstill.py",
            "service/test_want_of_memory.py",
            "unit/core/test_errors.py",
            "unit/pictures/codec/test_deadline.py",
            "unit/work/test_blame.py",
            "unit/work/test_scheduler.py",
        ),
    ),
    "P6": (
        "One bad picture harms only itself",
        (
            "Not the service, not its neighbours: bomb, hang, decoder crash, memory "
            "eater."
        ),
        (
            "acceptance/test_content.py",
            "fuzz/test_fuzz.py",
            "service/test_child.py",
            "service/test_permissions.py::test_folder_below_that_is_read_only",
            "service/test_poison.py",
            "service/test_slow_work.py",
            "unit/pictures/sandbox/test_attacks.py::test_attack",
            "unit/pictures/sandbox/test_dies.py",
            "unit/pictures/sandbox/test_lies.py",
            "unit/storage/test_mirror.py",
        ),
    ),
    "P7": (
        "Confined",
        (
            "Reads only regular files of the inbox, writes only to its own folders. "
            "Never follows a link, never parses a name."
        ),
        (
            "acceptance/test_names.py",
            "service/test_names.py",
            "service/test_no_files.py",
            "service/test_odd_files.py",
            "unit/pictures/sandbox/test_attacks.py",
            "unit/pictures/sandbox/test_confinement.py",
            "unit/pictures/sandbox/test_seccomp.py",
            "unit/storage/test_posix.py",
            "unit/storage/test_records.py",
        ),
    ),
    "P8": (
        "Private",
        (
            "No network. Pixels are in memory only until the result is written (no "
            "temporary copies elsewhere). Metadata is stripped from the result by "
            "default, and the removed background is really gone: RGB is zero where "
            "alpha is zero."
        ),
        (
            "packaging/test_units.py",
            "service/test_privacy.py",
            "unit/pictures/codec/test_cut_out.py",
            "unit/pictures/codec/test_metadata.py",
            "unit/pictures/sandbox/test_confinement.py",
        ),
    ),
    "P9": (
        "Quiet",
        ("Idle costs nothing measurable."),
        (
            "service/test_load.py::test_idle_costs_nothing",
            "unit/events/test_stream.py",
        ),
    ),
}

SLOW = (
    "crash/test_faults.py",
    "crash/test_kills.py",
    "crash/test_people.py::test_person_at_every_call",
    "fuzz/",
    "packaging/test_systemd_box.py",
    "service/",
    "unit/pictures/codec/test_silent_damage.py::test_tiles",
    "unit/test_parity.py::test_isnet",
    "unit/test_parity.py::test_u2net",
)
"""What starts a process for each test and waits for it, or runs a large model."""

SMOKE = (
    "service/test_arrival.py::test_copied_in",  # P1
    "service/test_backlog.py::test_there_while_down",
    "service/test_bad_pictures.py::test_bad_picture",  # P3, five reasons
    "service/test_bad_pictures.py::test_flat_picture",  # no-subject
    "service/test_bad_pictures.py::test_too_large_a_file",
    "service/test_bad_pictures.py::test_too_many_pixels",
    "service/test_check.py::test_heic_in_the_inbox",  # heic-not-installed
    "service/test_child.py::test_child_that_hangs",  # P6, timed-out
    "service/test_child.py::test_deadly_picture",  # decoder-crashed
    "service/test_commands.py::test_check",
    "service/test_commands.py::test_once",
    "service/test_commands.py::test_retry_all",
    "service/test_commands.py::test_status",
    "service/test_full_disk.py::test_outbox_runs_full",  # P5
    "service/test_killed.py::test_killed_in_work",  # P4
    "service/test_lost_inbox.py::test_deleted",
    "service/test_models.py::test_list",
    "service/test_names.py::test_retry",
    "service/test_no_files.py::test_link",  # P7
    "service/test_notify.py::test_watchdog",
    "service/test_log_stuck.py::test_pipe_that_nobody_reads",
    "service/test_pictures.py::test_real_subjects",  # P2
    "service/test_poison.py::test_used_up_claim",  # gave-up
    "service/test_privacy.py::test_background_is_gone",  # P8
    "service/test_privacy.py::test_no_metadata",
    "service/test_profiles.py::test_white_canvas",
    "service/test_refusals.py::test_second_instance",
    "service/test_slow_arrival.py::test_truncated_for_good",  # truncated
    "service/test_slow_work.py::test_slow_picture",
    "service/test_terminated.py::test_middle_of_a_batch",
    "service/test_twins.py::test_one_stem_three_formats",
    "service/test_want_of_memory.py::test_picture_that_needs_too_much",  # out-of-memory
)
"""The slow tests that `make test` runs: one for each promise and each reason."""

ALONE = (
    "packaging/test_systemd_box.py",
    "service/test_flood.py",
    "service/test_inotify.py",
    "service/test_load.py",
    "service/test_samba.py",
    "service/test_soak.py",
)
"""What needs the machine, or one of its limits, to itself."""

TOGETHER = ("acceptance/",)
"""Folders whose tests share a service, and so a worker; elsewhere files do."""


def is_of(test: str, names: tuple[str, ...]) -> bool:
    """Whether a test, such as `service/test_a.py::test_b[c]`, is named."""
    file, _, function = test.partition("::")
    full = f"{file}::{function.partition('[')[0]}"
    return any(
        file.startswith(n) if n.endswith("/") else n in (file, full) for n in names
    )
