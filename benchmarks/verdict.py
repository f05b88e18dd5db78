"""What a soak has shown, and whether that is well."""

from collections.abc import Iterator, Sequence

from processes import Footprint
from trend import grows, slope
from watching import Rest, Watch

_WARM_UP = 0.25
_GROWS_MIB = 1.0


def report(rests: Sequence[Rest], watch: Watch) -> Iterator[str]:
    """Say in a few lines what was seen."""
    yield f"{rests[-1].hours * 60:.1f} minutes, {len(rests)} waves"
    waves, rests = len(rests), warm(rests)
    yield f"at rest, the first {waves - len(rests)} waves left out:"
    for name, values in memory(rests).items():
        yield f"  {name}: {_range(values)} MiB; {_rise(rests, values)}"
    for name, counts in counted(rests).items():
        yield f"  {name}: {_range(counts)}"
    if lives := [*watch.lives.values()]:
        yield f"largest RSS in each of {len(lives)} lives of a child: {_range(lives)}"
    yield f"largest PSS of all together: {watch.peak_mib:.0f} MiB"


def judge(rests: Sequence[Rest]) -> list[str]:
    """Say what has grown."""
    rests = warm(rests)
    pictures = [rest.pictures / 1000 for rest in rests]
    faults = []
    for name, values in memory(rests).items():
        found = slope(pictures, values)
        if found and found.surely > _GROWS_MIB:
            faults.append(f"memory of {name} grows: {_rise(rests, values)}")
    for name, counts in counted(rests).items():
        if grows(counts):
            faults.append(f"{name} grow: {counts}")
    return faults


def warm(rests: Sequence[Rest]) -> Sequence[Rest]:
    """Leave the first waves out, in which everything is used for the first time."""
    return rests[round(len(rests) * _WARM_UP) :]


def memory(rests: Sequence[Rest]) -> dict[str, list[float]]:
    """Return the MiB at each rest, of the service and of its children together."""
    children = [sum(child.pss_mib for child in rest.children) for rest in rests]
    own = {"the service": [rest.service.pss_mib for rest in rests]}
    return own | ({"its children": children} if any(children) else {})


def counted(rests: Sequence[Rest]) -> dict[str, list[int]]:
    """Return what must stay the same from rest to rest; of children, the largest."""
    found = {}
    for what, label in (("files", "open files"), ("threads", "threads")):
        own = [getattr(rest.service, what) for rest in rests]
        most = [max(_of(rest.children, what), default=0) for rest in rests]
        found[f"{label} of the service"] = own
        if any(most):
            found[f"{label} of a child"] = most
    return found


def _of(processes: Sequence[Footprint], what: str) -> list[int]:
    return [getattr(each, what) for each in processes]


def _rise(rests: Sequence[Rest], values: Sequence[float]) -> str:
    """Say how much is added, by picture and by time."""
    by_pictures = slope([rest.pictures / 1000 for rest in rests], values)
    by_hours = slope([rest.hours for rest in rests], values)
    if by_pictures is None or by_hours is None:
        return "too few waves to tell how it rises"
    return (
        f"{by_pictures.rise:+.2f} ± {by_pictures.doubt:.2f} MiB in 1000 files, "
        f"{by_hours.rise:+.2f} ± {by_hours.doubt:.2f} in an hour"
    )


def _range(values: Sequence[float]) -> str:
    low, high = (f"{value:.4g}" for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
