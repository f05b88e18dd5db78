"""Models are loaded once each, and together they stay within a bound of memory."""

import threading
from pathlib import Path

import pytest
from dropcut import assembly
from dropcut.core.errors import (
    ConfigurationError,
    ModelUnavailableError,
    TransientError,
)
from dropcut.core.events import Event, ModelLoaded
from dropcut.core.models import Engine, Model
from dropcut.core.profiles import Profile
from dropcut.models.cache import ModelCache, _resident_bytes
from dropcut.settings import Settings, load_settings

from ..fakes import PLAIN, FakeEngine, Steps
from ..graphs import MEAN

_MIB = 1 << 20
_WITHOUT_MODELS_MB = 50
_SIZES_MB = {"small": 10, "middle": 30, "large": 60, "huge": 500}


class _NamedEngine(FakeEngine):
    """A model that takes memory until nothing refers to it."""

    def __init__(self, name: str, machine: "_Machine") -> None:
        super().__init__(Steps())
        self.name, self._machine = name, machine
        machine.loaded.append(name)

    def __del__(self) -> None:
        self._machine.loaded.remove(self.name)


class _Machine:
    """A machine with fake models and fake memory."""

    def __init__(self, memory_mb: int) -> None:
        self.loaded: list[str] = []
        self.loads: list[str] = []
        self.most_mb = self._read_mb = 0
        self.missing: set[str] = set()
        self.files_mb: dict[str, int] = {}
        self.too_full_for: set[str] = set()
        self.events: list[Event] = []
        self.cache = ModelCache(
            self,
            memory_mb=memory_mb,
            publish=self.events.append,
            resident_bytes=self._resident_bytes,
        )

    def read(self, profile: Profile) -> Model:
        """Return a model; the bytes of its file stay in memory."""
        if profile.model in self.missing:
            raise ConfigurationError(f"DROPCUT_MODEL: {profile.model} is not here")
        self._read_mb = self.files_mb.get(profile.model, 0)
        data = bytes(self._read_mb * _MIB)
        return Model(name=profile.model, recipe=PLAIN, data=data)

    def load(self, profile: Profile, model: Model) -> Engine:
        """Return an engine that takes memory, which includes that of the file."""
        if profile.model in self.too_full_for:
            raise TransientError(f"not enough memory: {profile.model}")
        self.loads.append(profile.model)
        self._read_mb = 0
        return _NamedEngine(model.name, self)

    def _resident_bytes(self) -> int:
        models_mb = sum(_SIZES_MB[name] for name in self.loaded) + self._read_mb
        footprint_mb = _WITHOUT_MODELS_MB + models_mb
        self.most_mb = max(self.most_mb, footprint_mb)
        return footprint_mb * _MIB

    def get(self, *names: str) -> list[str]:
        """Get models in turn; return those that are loaded at the end."""
        got = [self.cache.get(Profile(model=name)).name for name in names]
        assert got == [*names]
        return self.loaded


def test_loaded_once() -> None:
    """Models that fit together are loaded once each, however often they are used."""
    machine = _Machine(memory_mb=100)
    machine.get("small", "middle", "large", "small", "large", "middle", "small")
    assert machine.loads == ["small", "middle", "large"]


def test_loading_is_published() -> None:
    """Each loading of a model is an event, and a failed one is not."""
    machine = _Machine(memory_mb=50)
    machine.missing.add("large")
    with pytest.raises(ConfigurationError):
        machine.get("large")
    machine.get("small", "middle", "small")
    published = [e.model for e in machine.events if isinstance(e, ModelLoaded)]
    assert published == ["small", "middle"]


def test_same_model_of_two_profiles() -> None:
    """Profiles that differ in all but the model share the loaded one."""
    machine = _Machine(memory_mb=100)
    first = machine.cache.get(Profile(model="small"))
    other = Profile(model="small", allow_no_subject=True, where="FILE: [shop]")
    assert machine.cache.get(other) is first
    assert machine.cache.get(Profile(model="small", recipe="isnet")) is not first


def test_least_recently_used_goes_first() -> None:
    """If room is needed, the least recently used model is unloaded."""
    machine = _Machine(memory_mb=90)
    assert machine.get("small", "middle", "small", "large") == ["small", "large"]
    assert machine.get("small", "middle") == ["small", "middle"]
    assert machine.loads == ["small", "middle", "large", "middle"]


def test_no_more_go_than_must() -> None:
    """Only as many models are unloaded as needed for the new one to fit."""
    machine = _Machine(memory_mb=100)
    assert machine.get("small", "middle", "large") == ["small", "middle", "large"]
    machine = _Machine(memory_mb=99)
    assert machine.get("small", "middle", "large") == ["middle", "large"]


def test_bound_while_a_known_model_is_loaded() -> None:
    """Room is made before a model is loaded whose size is known."""
    machine = _Machine(memory_mb=70)
    machine.get("middle", "large")
    machine.most_mb = 0
    machine.get("middle", "large", "middle", "large")
    assert machine.most_mb == _WITHOUT_MODELS_MB + 60


@pytest.mark.parametrize("before", [[], ["small", "middle"]], ids=["alone", "last"])
def test_larger_than_the_bound(before: list[str]) -> None:
    """A model larger than the bound is kept in use, and unloaded afterwards."""
    machine = _Machine(memory_mb=100)
    assert machine.get(*before, "huge") == ["huge"]
    assert machine.get("huge") == ["huge"]
    assert machine.get("small") == ["small"]
    assert machine.loads.count("huge") == 1


def test_model_that_was_never_there() -> None:
    """A model that could never be loaded is a fault of the settings, each time."""
    machine = _Machine(memory_mb=100)
    machine.missing.add("small")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="small is not here"):
            machine.get("small")


def test_model_that_vanished() -> None:
    """A model that was loaded before and is missing is unavailable until it is back."""
    machine = _Machine(memory_mb=50)
    machine.get("middle", "small", "large")
    machine.missing.add("middle")
    with pytest.raises(
        ModelUnavailableError, match="the model is missing or has changed: DR"
    ):
        machine.get("middle")
    machine.missing.clear()
    assert machine.get("middle") == ["middle"]


def test_model_that_is_too_large_now() -> None:
    """A model that fitted into memory before and does not now is unavailable."""
    machine = _Machine(memory_mb=50)
    machine.too_full_for.add("middle")
    with pytest.raises(TransientError, match="not enough memory: middle") as caught:
        machine.get("middle")
    assert not isinstance(caught.value, ModelUnavailableError)
    machine.too_full_for.clear()
    machine.get("middle", "large")
    machine.too_full_for.add("middle")
    with pytest.raises(ModelUnavailableError, match=r"^not enough memory: middle"):
        machine.get("middle")
    machine.too_full_for.clear()
    assert machine.get("middle") == ["middle"]


def test_others_work_on_without_it() -> None:
    """No model is unloaded to make room for one that turns out to be gone."""
    machine = _Machine(memory_mb=30)
    machine.get("middle", "small")
    machine.missing.add("middle")
    for _ in range(3):
        with pytest.raises(ModelUnavailableError):
            machine.get("middle")
        assert machine.get("small") == ["small"]
    assert machine.loads == ["middle", "small"]


def test_room_for_a_model_of_unknown_size() -> None:
    """A model of unknown footprint is assumed to need at least its file's size."""
    machine = _Machine(memory_mb=100)
    machine.files_mb = {"large": 45, "middle": 20}
    machine.get("small", "middle")
    assert machine.cache.footprint_mb == 40
    assert machine.get("large") == ["small", "middle", "large"]
    machine = _Machine(memory_mb=80)
    machine.files_mb = {"large": 45, "middle": 20}
    machine.get("small", "middle", "large")
    assert machine.loaded == ["large"]
    assert machine.most_mb == _WITHOUT_MODELS_MB + 30 + 60, "small went before"


def test_what_all_would_take() -> None:
    """The footprint is what all models seen so far would need together."""
    machine = _Machine(memory_mb=50)
    machine.get("small", "large", "middle", "small")
    assert machine.cache.footprint_mb == 10 + 60 + 30


def test_turn() -> None:
    """Two pictures are never inferred at once."""
    machine = _Machine(memory_mb=70)
    entered = threading.Event()

    def enter() -> None:
        with machine.cache.exclusive():
            entered.set()

    other = threading.Thread(target=enter)
    with machine.cache.exclusive():
        other.start()
        assert not entered.wait(0.05)
        machine.get("middle")
    other.join()
    assert entered.is_set()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings by which no two models fit into memory together."""
    (tmp_path / "mean.onnx").write_bytes(MEAN)
    monkeypatch.setenv("DROPCUT_MODEL_MEMORY_MB", "1")
    monkeypatch.setenv("DROPCUT_THREADS", "1")
    monkeypatch.delenv("DROPCUT_TEST_MODELS", raising=False)
    return load_settings()


def test_no_loading_the_file() -> None:
    """Too little memory for a model's file is the machine's fault, in one line."""
    profile = Profile(model="u2net")
    with (
        pytest.raises(TransientError, match="not enough memory to load u2net"),
        assembly._loading(profile),
    ):
        raise MemoryError


def test_real_memory(settings: Settings, tmp_path: Path) -> None:
    """Loading real models in turns, over and over, does not leak memory."""
    other = Profile(model=str(tmp_path / "mean.onnx"), recipe="u2net")
    cache, seen = assembly.build_model_cache(settings), []
    for _ in range(8):
        assert cache.get(Profile(model="u2netp")).name == "u2netp"
        with_model = _resident_bytes()
        assert cache.get(other).name == "mean"
        seen.append((with_model, _resident_bytes()))
    assert max(high for high, _ in seen[2:]) < seen[1][0] + 40 * _MIB
    assert max(low for _, low in seen[2:]) < seen[1][1] + 40 * _MIB
    assert min(high - low for high, low in seen) > 80 * _MIB, "none was unloaded"
