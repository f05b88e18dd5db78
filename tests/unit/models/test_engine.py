"""The engine runs a model, refuses files that are no model, and can be cancelled."""

import threading
from pathlib import Path

import numpy as np
import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import (
    ConfigurationError,
    InterruptedWorkError,
    ModelUnavailableError,
    TransientError,
)
from dropcut.core.models import Tensor
from dropcut.models import catalogue, engine
from dropcut.models.engine import OnnxEngine, session
from dropcut.models.mask import to_mask
from dropcut.models.tensor import to_tensor

from ...faulty_models import HUNGRY, PICKY, UNRUNNABLE
from .. import graphs


@pytest.fixture(scope="module")
def u2netp() -> OnnxEngine:
    """Load the model of the package."""
    return OnnxEngine(catalogue.load_model("u2netp", None, None), threads=2)


def _refusal(data: bytes, *providers: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        OnnxEngine(graphs.model(data), threads=1, providers=providers or ("cpu",))
    return str(caught.value)


def test_output_of_a_graph() -> None:
    """The engine returns the first output as a map of the model's size."""
    mean = OnnxEngine(graphs.model(graphs.MEAN), threads=1)
    assert (mean.height_px, mean.width_px) == (8, 6)
    tensor = np.random.default_rng(0).random((1, 3, 8, 6), np.float32)
    assert np.allclose(mean.run(tensor, CancelScope()), tensor[0].mean(axis=0))


def test_mask_of_a_picture() -> None:
    """The engine turns a picture into a mask, by the recipe of its model."""
    mean = OnnxEngine(graphs.model(graphs.MEAN), threads=1)
    picture = np.zeros((8, 6, 3), np.uint8)
    picture[:, :3], picture[:, 3:5] = 200, 100
    mask = mean.infer(picture, CancelScope())
    assert mask.shape == (8, 6)
    assert mask.dtype == np.uint8
    recipe = graphs.model(graphs.MEAN).recipe
    expected = to_mask(to_tensor(picture, recipe)[0].mean(axis=0), recipe)
    assert np.array_equal(mask, expected)
    assert len(np.unique(mask)) == 3


def test_size_that_is_not_fixed() -> None:
    """A graph for any size gets pictures of the model's known size, or 1024 by 1024."""
    anything = OnnxEngine(graphs.model(graphs.ANY_SIZE), threads=1)
    assert (anything.height_px, anything.width_px) == (1024, 1024)
    known = OnnxEngine(graphs.model(graphs.ANY_SIZE, (16, 24)), threads=1)
    known.warm_up()
    assert (known.height_px, known.width_px) == (16, 24)


def test_size_that_is_fixed() -> None:
    """A graph of an unexpected size is refused; the message has both sizes."""
    OnnxEngine(graphs.model(graphs.MEAN, (8, 6)), threads=1)
    with pytest.raises(ConfigurationError) as caught:
        OnnxEngine(graphs.model(graphs.MEAN, (320, 320)), threads=1)
    assert "it has picture: tensor(float)[1, 3, 8, 6]" in str(caught.value)
    assert "a float32 picture [1, 3, 320, 320] of 1 to 8192 pix" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "factor"),
    [(graphs.FLAT, 1), (graphs.LATER, 1), (graphs.LOGITS, 4), (graphs.SCORE, 1)],
    ids=["three-dimensions", "second-output", "any-size", "after-a-score"],
)
def test_mask_of_a_graph(data: bytes, factor: int) -> None:
    """The first output that is a map of one channel is the mask."""
    model = OnnxEngine(graphs.model(data, (8, 6)), threads=1)
    tensor = np.random.default_rng(0).random((1, 3, 8, 6), np.float32)
    mean = tensor[0].mean(axis=0)
    assert np.allclose(model.run(tensor, CancelScope()), factor * mean, atol=1e-6)


def test_no_mask() -> None:
    """A model without a one-channel map is refused; the message has its outputs."""
    message = _refusal(graphs.NO_MAP)
    assert "must return a mask" in message
    assert "it has negative: tensor(float)[1, 3, 8, 6]" in message


def test_no_mask_that_shows_late() -> None:
    """A model whose graph does not declare its outputs is refused at its first run."""
    model = OnnxEngine(graphs.model(graphs.OPEN, (8, 6)), threads=1)
    with pytest.raises(ConfigurationError, match=r"mask.*; it returns \[1, 3, 8, 6\]"):
        model.warm_up()


def test_score_that_is_no_mask() -> None:
    """A model that returns one number is refused, at the latest when it is run."""
    message = _refusal(graphs.ONLY_SCORE)
    assert "[1, 1, height, width] of at least 2 by 2 pixels; it has " in message
    late = OnnxEngine(graphs.model(graphs.LATE_SCORE), threads=1)
    with pytest.raises(ConfigurationError) as caught:
        late.warm_up()
    assert "tiny must return a mask" in str(caught.value)
    assert "at least 4 by 4 pixels; it returns [1, 1, 1, 1]" in str(caught.value)


def test_mask_of_half_the_size() -> None:
    """A mask may be smaller than the model's input."""
    half = OnnxEngine(graphs.model(graphs.HALF), threads=1)
    half.warm_up()
    assert (
        half.run(np.ones((1, 3, 8, 6), np.float32), CancelScope()).tolist()
        == [[1] * 3] * 4
    )


def test_model_that_cannot_be_run() -> None:
    """A model that fails at its first run is refused in one line."""
    model = OnnxEngine(graphs.model(UNRUNNABLE), threads=1)
    with pytest.raises(ConfigurationError) as caught:
        model.warm_up()
    assert str(caught.value).startswith("tiny cannot be run: ")
    assert "requested shape:{1,3,320,320}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_model_that_takes_too_much() -> None:
    """A first run that finds no memory is the machine's fault."""
    model = OnnxEngine(graphs.model(HUNGRY), threads=1)
    with pytest.raises(TransientError, match="not enough memory: tiny cannot be run: "):
        model.warm_up()


def test_run_that_fails_later(capfd: pytest.CaptureFixture[str]) -> None:
    """A run that fails is the model's fault, and onnxruntime writes nothing itself."""
    model = OnnxEngine(graphs.model(PICKY), threads=1)
    model.warm_up()
    with pytest.raises(ModelUnavailableError, match=r"tiny cannot be run: .*Gather"):
        model.run(np.ones((1, 3, 32, 32), np.float32), CancelScope())
    model.warm_up()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["EXTERNAL", "EXTERNAL_CONSTANT", "EXTERNAL_BRANCH"])
def test_weights_in_another_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that names a file with weights is refused, though the file is there."""
    (tmp_path / "w.bin").write_bytes(np.ones((1, 3, 8, 6), np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    message = _refusal(getattr(graphs, kind))
    assert "tiny has weights in another file" in message
    assert "a single .onnx file" in message


def test_graph_of_a_model() -> None:
    """A graph has the shapes of a model's inputs and outputs."""
    graph = engine.graph_of(graphs.LATER)
    assert graph.inputs == ((1, 3, 8, 6),)
    assert graph.outputs == ((1, 3, 8, 6), (1, 1, 8, 6))
    assert engine.graph_of(graphs.LOGITS).inputs == ((1, 3, "h", "w"),)


def test_real_model(u2netp: OnnxEngine) -> None:
    """The packaged model returns a finite map of 320 by 320, warm or cold."""
    u2netp.warm_up()
    output = u2netp.run(np.zeros((1, 3, 320, 320), np.float32), CancelScope())
    assert output.shape == (320, 320)
    assert output.dtype == np.float32
    assert np.isfinite(output).all()


@pytest.mark.parametrize("data", [b"", b"garbage", graphs.MEAN[:100]])
def test_garbage(data: bytes) -> None:
    """Bytes that are no model, or half of one, are refused with the model's name."""
    what = (
        "is not an .onnx file, or was not copied completely"
        if data
        else "cannot be loaded"
    )
    assert f"tiny {what}" in _refusal(data)


@pytest.mark.parametrize(
    "data",
    [
        *(graphs.TWO_INPUTS, graphs.GREY, graphs.UINT8, graphs.TABLE),
        *(graphs.TWO_AT_ONCE, graphs.EMPTY, graphs.HUGE),
    ],
    ids=["two-inputs", "one-channel", "uint8", "table", "two-pictures", "0", "200000"],
)
def test_other_graph(data: bytes) -> None:
    """A model without a float RGB input is refused; the message has its inputs."""
    message = _refusal(data)
    assert "float32 picture [1, 3, height, width] of 1 to 8192 pixels" in message
    assert ": tensor(" in message


@pytest.mark.parametrize("name", ["cuda", "nonsense", "CPU"])
def test_missing_provider(name: str) -> None:
    """A provider that onnxruntime lacks is refused, never replaced."""
    message = _refusal(graphs.MEAN, name, "cpu")
    assert message.startswith(f"the installed onnxruntime has no provider {name!r}")
    assert "cpu" in message


def _infer_often(model: OnnxEngine, tensor: Tensor, scope: CancelScope) -> None:
    for _ in range(1000):
        model.run(tensor, scope)


def test_breaking_off(u2netp: OnnxEngine) -> None:
    """A cancelled run raises the given error, and the next run is complete."""
    tensor = np.random.default_rng(0).random((1, 3, 320, 320), np.float32)
    before = u2netp.run(tensor, CancelScope())
    scope, cause = CancelScope(), InterruptedWorkError("enough")
    timer = threading.Timer(0.02, scope.cancel, [cause])
    timer.start()
    with pytest.raises(InterruptedWorkError) as caught:
        _infer_often(u2netp, tensor, scope)
    timer.join()
    assert caught.value is cause
    assert np.array_equal(u2netp.run(tensor, CancelScope()), before)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Failed to allocate memory for requested buffer of size 4096"),
        RuntimeError("Exception during loading: std::bad_alloc"),
        MemoryError("x"),
    ],
    ids=str,
)
def test_no_memory(error: Exception) -> None:
    """Only a lack of memory for the model is the machine's fault; no other error is."""
    explained = session.translated("tiny cannot be loaded", error)
    assert isinstance(explained, TransientError)
    assert str(explained) == f"not enough memory: tiny cannot be loaded: {error}"
    other = session.translated("tiny cannot be loaded", RuntimeError("something else"))
    assert isinstance(other, ConfigurationError)


def test_version() -> None:
    """The version of onnxruntime is known."""
    assert engine.onnxruntime_version()
