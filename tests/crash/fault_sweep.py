"""Runs a scenario again and again, with another fault each time."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from ..service.services import Service
from ..service.waiting import eventually
from .scenarios import Scenario
from .steps import Part, Step, Tracer, threads, waits_in
from .trees import Promises, Tree, tree

_TRIES = 4
_SECONDS = 90


class FaultSweep:
    """A daemon that runs one scenario.

    Each run finishes what the run before has left, and is killed next.
    """

    def __init__(self, service: Service, scenario: Scenario) -> None:
        """Start the daemon and run the scenario without a fault."""
        self._service, self._scenario = service, scenario
        service.start()
        scenario.arrange(service)
        scenario.drop(service)
        service.wait(processed=len(scenario.results), failed=len(scenario.failed))
        self._promises = Promises(scenario, service)

    def steps(self) -> list[Step]:
        """Return all steps of the scenario, from all threads of the daemon."""
        found = []
        for part in Part:
            tracer = Tracer(self._service, part)
            with self._gone_through(tracer.watching(*self._scenario.words)):
                self._end()
            found += [step for step in tracer.calls() if step.changes]
        return found

    def kill(self, steps: Collection[Step]) -> int:
        """Kill the daemon at each of some steps, and check the promises each time.

        Returns:
            The number of kills; a step that was missed, as threads do not always run
            alike, is tried again.
        """
        pending = list(steps)
        hits: list[Step] = []
        for _ in range(_TRIES):
            hits += [hit for step in pending if (hit := self._kill(step))]
            pending = [step for step in pending if step not in hits]
        assert not pending, f"never hit: {pending}"
        return len(hits)

    def _kill(self, step: Step) -> Step | None:
        """Kill the daemon at a step; return the step at which it was killed."""
        tracer = Tracer(self._service, step.part)
        how = f"signal=KILL:when={step.number}"
        with self._gone_through(tracer.spoiling(step, how, *self._scenario.words)):
            eventually(lambda: tracer.was_killed() or self._is_done())
        if not tracer.was_killed():
            return None
        self._service.process.wait()
        self._promises.check(self._service)
        self._service.start()
        self._end()
        counted = (step.call, step.number)
        return [hit for hit in tracer.calls() if (hit.call, hit.number) == counted][-1]

    def fail(self, step: Step, error: str, times: int = 1) -> None:
        """Let a step and the next ones of its kind fail, and wait for the end."""
        last = step.number + times - 1
        how = f"error={error}:when={step.number}..{last}"
        tracer = Tracer(self._service, step.part)
        with self._gone_through(tracer.spoiling(step, how)):
            eventually(self._is_done_but_for_folders, _SECONDS, self._explain)
        assert self._service.process.poll() is None, self._service.explain()

    @contextmanager
    def _gone_through(self, tracing: AbstractContextManager[None]) -> Iterator[None]:
        """Run the block after the pictures are dropped, under strace."""
        self._scenario.arrange(self._service)
        with tracing:
            self._scenario.drop(self._service)
            yield

    def _is_done(self) -> bool:
        with suppress(FileNotFoundError):  # what is being moved
            return tree(self._service) == self._promises.done
        return False

    def _is_done_but_for_folders(self) -> bool:
        """Whether all is done; folders of the outbox may differ, if they are empty.

        A failing service makes one to find out whether it can be made, and does not
        make its own where that is forbidden.
        """
        with suppress(FileNotFoundError):  # what is being moved
            found = tree(self._service)
            return _without_folders(found) == _without_folders(self._promises.done)
        return False

    def _end(self) -> None:
        """Wait until the folders are exactly as in the run without a fault."""
        eventually(self._is_done, _SECONDS, self._explain)

    def _explain(self) -> str:
        """Describe where the daemon's threads are, and what strace saw last."""
        tids = [tid for part in Part for tid in threads(self._service, part)]
        told = [f"{tid}: {waits_in(tid)}" for tid in tids]
        log = (self._service.root / "strace.log").read_text("utf-8", "replace")
        return "\n".join((self._service.explain(), *told, log[-2000:]))


def _without_folders(found: Tree) -> Tree:
    """Return everything but the folders of the outbox."""
    return {
        path: what
        for path, what in found.items()
        if what != "folder" or not path.startswith("outbox/")
    }
