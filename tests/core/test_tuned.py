"""What was measured is kept per model and machine, survives damage, and decides how a model is loaded."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import loading, tuned
from app.core.loading import Wanted, load_options
from app.core.models import default_threads
from app.core.paths import ENVIRONMENT_VARIABLE
from engine.errors import Cancelled, ModelFileError
from engine.protocol import LoadOptions
from engine.tuning import Tuned
from tests.engine.simulated import SimulatedMachine
from tests.rpc_server import rpc_server

FOUND = Tuned(threads=3, threads_batch=5, n_batch=1024, n_ubatch=256, gpu=None)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data"


def test_it_is_kept_for_the_model_whatever_its_file_is_called(
    tmp_path: Path, tiny_llama4: Path, tiny_llama: Path
) -> None:
    assert tuned.find(tiny_llama4) is None
    tuned.keep(tiny_llama4, FOUND)
    copy = Path(shutil.copy(tiny_llama4, tmp_path / "another name.gguf"))
    kept = tuned.find(copy)
    assert kept is not None and kept.tuned == FOUND and kept.name == "Random llama4"
    assert tuned.find(tiny_llama) is None
    tuned.keep(tiny_llama, replace(FOUND, gpu=False))
    tuned.keep(tiny_llama4, replace(FOUND, threads=1))
    assert [kept.tuned.threads for m in (tiny_llama4, tiny_llama) if (kept := tuned.find(m))] == [1, 3]
    assert tuned.forget(tiny_llama4) and not tuned.forget(tiny_llama4)
    assert tuned.find(tiny_llama4) is None and tuned.find(tiny_llama) is not None


def test_another_machine_measures_for_itself(tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned.keep(tiny_llama4, FOUND)
    assert tuned.machine() == tuned.machine()
    monkeypatch.setattr("platform.machine", lambda: "another")
    assert tuned.find(tiny_llama4) is None


@pytest.mark.parametrize("change", [
    {"threads": 0}, {"threads": "3"}, {"threads": True}, {"threads_batch": 10**6}, {"n_ubatch": 300},
    {"n_ubatch": 2048}, {"n_batch": 1 << 20}, {"n_batch": None},
])  # fmt: skip
def test_an_entry_that_makes_no_sense_counts_as_none(tiny_llama4: Path, change: dict[str, object]) -> None:
    tuned.keep(tiny_llama4, FOUND)
    plain = json.loads(tuned.tuned_path().read_text())
    for entry in plain.values():
        entry.update(change)
    tuned.tuned_path().write_text(json.dumps(plain))
    assert tuned.find(tiny_llama4) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"x": 1}', "\x00"])
def test_a_damaged_file_counts_as_none_and_is_written_anew(tiny_llama4: Path, data: Path, text: str) -> None:
    data.mkdir()
    tuned.tuned_path().write_text(text)
    assert tuned.find(tiny_llama4) is None
    tuned.keep(tiny_llama4, FOUND)
    assert tuned.find(tiny_llama4) is not None
    assert [path.name for path in data.iterdir()] == [tuned.FILE_NAME]


def test_only_the_newest_entries_stay(tiny_llama4: Path, data: Path) -> None:
    data.mkdir()
    tuned.tuned_path().write_text(json.dumps({f"old{i}": {} for i in range(tuned.MOST_ENTRIES)}))
    tuned.keep(tiny_llama4, FOUND)
    plain = json.loads(tuned.tuned_path().read_text())
    assert len(plain) == tuned.MOST_ENTRIES and "old0" not in plain
    assert tuned.find(tiny_llama4) is not None


def test_a_model_is_loaded_with_what_was_found_unless_something_else_is_asked_for(tiny_llama4: Path) -> None:
    wanted = Wanted(tiny_llama4, 2048)
    plain = LoadOptions(str(tiny_llama4), 2048, threads=default_threads())
    assert load_options(wanted) == plain
    tuned.keep(tiny_llama4, FOUND)
    found = replace(plain, threads=3, threads_batch=5, n_batch=1024, n_ubatch=256)
    assert load_options(wanted) == found
    assert load_options(replace(wanted, threads=7)) == replace(found, threads=7, threads_batch=0)
    tuned.forget(tiny_llama4)
    assert load_options(wanted) == plain


def test_a_batch_that_no_longer_fits_beside_the_context_is_left_out(
    tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned.keep(tiny_llama4, replace(FOUND, n_batch=2048, n_ubatch=2048))
    wanted = Wanted(tiny_llama4, 2048)
    assert load_options(wanted).n_ubatch == 2048
    monkeypatch.setattr(loading, "free_memory", lambda: 1)
    options = load_options(wanted)
    assert (options.n_batch, options.n_ubatch, options.threads) == (512, 0, 3)


def test_what_is_loaded_stays_while_it_answers_what_is_wanted(
    tiny_llama4: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned.keep(tiny_llama4, replace(FOUND, n_batch=2048, n_ubatch=2048))
    wanted = Wanted(tiny_llama4, 2048)
    loaded = load_options(wanted)
    # The model itself takes of the memory by which its batches were judged.
    monkeypatch.setattr(loading, "free_memory", lambda: 1)
    assert load_options(wanted, loaded=loaded) is loaded
    assert load_options(replace(wanted, n_ctx=4096), loaded=loaded) != loaded
    assert load_options(replace(wanted, threads=1), loaded=loaded).threads == 1
    assert load_options(replace(wanted, gpu_layers=2), loaded=loaded).gpu_layers == 2
    tuned.keep(tiny_llama4, replace(FOUND, threads=2))
    assert load_options(wanted, loaded=loaded).threads == 2


def test_what_fits_goes_to_a_server_unless_measuring_found_it_slower(tiny_llama4: Path) -> None:
    with rpc_server() as (server, _):
        wanted = Wanted(tiny_llama4, 2048, rpc=(server,))
        options = load_options(wanted)
        assert (options.gpu_layers, options.experts_on_cpu, options.rpc) == (-1, 0, (server,))
        assert load_options(replace(wanted, gpu_layers=2)).gpu_layers == 2
        assert load_options(replace(wanted, devices=("CPU",))).gpu_layers == 0
        tuned.keep(tiny_llama4, replace(FOUND, gpu=False))
        assert load_options(wanted).gpu_layers == 0
        # Measuring again asks again, whatever was found before.
        faster_there = SimulatedMachine(read=lambda _: 1e4, write=lambda _: 100.0, gpu=3.0)
        assert loading.tune(wanted, faster_there, seconds=30.0).tuned.gpu is True
        assert load_options(wanted).gpu_layers == -1
        tuned.keep(tiny_llama4, replace(FOUND, gpu=False))
    # What is loaded is not looked at again, though the server is gone.
    assert load_options(wanted, loaded=replace(load_options(replace(wanted, rpc=())), rpc=wanted.rpc)).gpu_layers == 0


def test_tuning_keeps_what_it_found_and_nothing_when_it_is_stopped(tiny_llama4: Path) -> None:
    # Simulated speeds: the best numbers of threads are known, and no second is spent.
    simulated = SimulatedMachine(read=lambda t: 1e4 / t.threads_batch, write=lambda t: 100.0 / t.threads)
    wanted = Wanted(tiny_llama4, 2048)
    with pytest.raises(Cancelled):
        loading.tune(wanted, simulated, seconds=0.2, stop=lambda: len(simulated.trials) > 3)
    assert tuned.find(tiny_llama4) is None
    tuning = loading.tune(wanted, simulated, seconds=30.0)
    kept = tuned.find(tiny_llama4)
    assert kept is not None and kept.tuned == tuning.tuned
    assert load_options(wanted).threads == 1


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError):
        tuned.keep(tmp_path / "gone.gguf", FOUND)
    with pytest.raises(ModelFileError):
        tuned.forget(tmp_path / "gone.gguf")
