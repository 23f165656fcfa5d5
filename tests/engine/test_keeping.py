"""What is on disk is found when it serves and never believed when it does not, with llama.cpp in this process."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine.context import Reading
from engine.errors import Cancelled
from engine.gguf_file import read_gguf
from engine.keeping import Keeper, start_keeping
from engine.llama import AbortFlag, Context, Model
from engine.protocol import LoadOptions, Prompt
from engine.sampler import Sampler
from engine.state_file import SUFFIX
from engine.worker import CHUNKED_ARCHITECTURES
from tests.engine.asking import tokens_of
from tests.make_gguf import Architecture, Sizes, write_random

SIZES = Sizes(layers=4, width=64, heads=2, kv_heads=1, feed_forward=32, window=256)
CHUNK, BATCH = 8192, 512
SHORT = 1100
ARCHITECTURES: tuple[Architecture, ...] = ("llama4", "llama", "gemma2")


@dataclass
class Told:
    """One answer. text: token ids."""

    restored: int
    reused: int
    text: list[int]
    notices: list[str]


@dataclass
class Engine:
    """A context with its keeper, as the worker holds them."""

    model: Model
    context: Context
    reading: Reading
    keeper: Keeper
    abort: AbortFlag = field(default_factory=AbortFlag)

    def ask(self, prompt: Prompt, on_progress: Callable[[int], None] = lambda _: None) -> Told:
        """What the worker does with a question."""
        result = self.keeper.read(prompt, lambda progress: on_progress(progress.done))
        sampler = Sampler(self.model)
        choose = self.reading.generate(lambda context: [sampler.sample(context)], prompt.max_answer)
        text = [token for tokens in choose for token in tokens]
        sampler.close()
        return Told(result.restored, result.reused, text, self.keeper.notices())

    def keep(self) -> list[str]:
        """Bring what was read to the disk; what there is to say about it."""
        self.keeper.keep()
        self.keeper.finish()
        return self.keeper.notices()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keeping")
    return {name: write_random(folder / f"{name}.gguf", architecture=name, sizes=SIZES) for name in ARCHITECTURES}


@contextmanager
def engine(path: Path, folder: Path, **chosen: Any) -> Iterator[Engine]:
    """A fresh context over the model at `path`; everything from 1,024 tokens on is worth keeping."""
    options = LoadOptions(str(path), **{"n_ctx": 4096, "state_folder": str(folder), "state_seconds": 0.0, **chosen})
    abort = AbortFlag()
    model = Model(path, abort=abort, log=lambda _: None, on_progress=lambda _: None)
    context = Context(
        model, n_ctx=options.n_ctx, n_batch=options.n_batch, kv=options.kv, threads=1, abort=abort, flash=options.flash
    )
    gguf = read_gguf(path)
    reading = Reading(model, context, abort, chunked=gguf.architecture in CHUNKED_ARCHITECTURES)
    _, keeper = start_keeping(gguf, options, reading, context, abort.is_set, lambda _: None)
    assert keeper is not None
    try:
        yield Engine(model, context, reading, keeper, abort)
    finally:
        keeper.finish()
        context.close()
        model.close()


def prompt(length: int, question: int, *, seed: int = 1) -> Prompt:
    """`length` tokens of documents and a question of `question` tokens."""
    return Prompt(tokens_of(length, seed, 900) + tokens_of(question, question, 900), length, 8)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_and_leave(model: Path, folder: Path, length: int, question: int, **options: Any) -> Path:
    """Read once; the file that is left of it."""
    with engine(model, folder, **options) as first:
        first.ask(prompt(length, question))
        assert first.keep() == []
    (path,) = files(folder)
    return path


def cold(model: Path, folder: Path, asked: Prompt, **options: Any) -> list[int]:
    """The answer when everything is read for it alone."""
    with engine(model, folder / "none", **options) as alone:
        told = alone.ask(asked)
        assert (told.restored, told.reused) == (0, 0)
        return told.text


@pytest.mark.parametrize("kv", ["f16", "q8_0", "q4_0"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_restored_cache_answers_as_a_cold_one(models: dict[str, Path], tmp_path: Path, name: str, kv: str) -> None:
    read_and_leave(models[name], tmp_path, SHORT, 300, kv=kv)
    with engine(models[name], tmp_path, kv=kv) as second:
        one, other = prompt(SHORT, 40), prompt(SHORT, 50)
        assert second.keeper.cost(one.tokens).to_read == 40
        first = second.ask(one)
        again = second.ask(other)
    assert (first.restored, first.reused, first.notices) == (SHORT, SHORT, [])
    assert (again.restored, again.reused) == (0, SHORT), "it is in the cache already"
    assert first.text == cold(models[name], tmp_path, one, kv=kv)
    assert again.text == cold(models[name], tmp_path, other, kv=kv)
    assert first.text != again.text, "questions must matter for this to prove anything"


def check_over_borders(model: Path, folder: Path, length: int) -> None:
    options = {"n_ctx": 10_240}
    read_and_leave(model, folder, length, 300, **options)
    asked = prompt(length, 40)
    with engine(model, folder, **options) as second:
        told = second.ask(asked)
    assert (told.restored, told.reused) == (length, length)
    assert told.text == cold(model, folder, asked, **options)


def test_the_documents_end_comes_back_over_a_chunk_border(models: dict[str, Path], tmp_path: Path) -> None:
    check_over_borders(models["llama4"], tmp_path, CHUNK - 7)


@pytest.mark.long
@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("length", [CHUNK, CHUNK + 700, CHUNK - 300])
def test_the_documents_end_comes_back_wherever_it_lies(
    models: dict[str, Path], tmp_path: Path, name: str, length: int
) -> None:
    check_over_borders(models[name], tmp_path, length)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_document_added_at_the_end_is_all_that_is_read(models: dict[str, Path], tmp_path: Path, name: str) -> None:
    read_and_leave(models[name], tmp_path, SHORT, 30)
    before = prompt(SHORT, 40)
    grown = replace(before, tokens=before.tokens[:SHORT] + tokens_of(1300, 7, 900), prefix=SHORT + 1260)
    with engine(models[name], tmp_path) as second:
        assert second.ask(grown).restored == SHORT
        assert second.keep() == []
    # Where every place can be returned to, the longer one serves for the shorter one too.
    assert len(files(tmp_path)) == (2 if name == "gemma2" else 1)


@pytest.mark.long
def test_documents_that_changed_go_on_from_the_last_place_that_holds(models: dict[str, Path], tmp_path: Path) -> None:
    length, options = CHUNK + 1600, {"n_ctx": 18_432}
    read_and_leave(models["llama4"], tmp_path, length, CHUNK - 500, **options)
    for place, expected in ((CHUNK - 200, 0), (length - 100, length - 100)):
        asked = prompt(length, 40)
        asked.tokens[place] = 301 if asked.tokens[place] != 301 else 302
        with engine(models["llama4"], tmp_path, **options) as second:
            told = second.ask(asked)
            assert told.restored == told.reused == expected, "there is a copy of the second chunk, none of the first"
        assert told.text == cold(models["llama4"], tmp_path, asked, **options)


def test_two_sessions_do_not_cost_each_other_their_documents(models: dict[str, Path], tmp_path: Path) -> None:
    with engine(models["llama"], tmp_path) as first:
        one, other = prompt(SHORT, 30), prompt(SHORT, 30, seed=2)
        before = first.ask(one)
        # Nobody was idle in between, so it is written before it is lost.
        assert first.ask(other).restored == 0
        first.keep()
        assert len(files(tmp_path)) == 2
        again = first.ask(one)
        assert (again.restored, again.reused, again.text) == (SHORT + 29, SHORT + 29, before.text)


def test_what_is_short_or_read_fast_or_there_already_is_not_written(models: dict[str, Path], tmp_path: Path) -> None:
    with engine(models["llama"], tmp_path) as first:
        first.ask(prompt(1000, 300))
        assert first.keep() == []
        assert files(tmp_path) == []
        first.ask(prompt(SHORT, 30))
        first.keep()
        first.ask(prompt(SHORT, 50))
        first.keep()
        assert len(files(tmp_path)) == 1
    with engine(models["llama"], tmp_path / "slow", state_seconds=1e6) as second:
        second.ask(prompt(SHORT, 30))
        assert second.keep() == []
    assert files(tmp_path / "slow") == []


def test_a_reading_that_was_stopped_is_kept_as_far_as_it_came(models: dict[str, Path], tmp_path: Path) -> None:
    with engine(models["llama"], tmp_path) as first:

        def stop(done: int) -> None:
            if done >= 1536:
                first.abort.set()

        with pytest.raises(Cancelled):
            first.ask(prompt(3000, 30), stop)
        first.keep()
    with engine(models["llama"], tmp_path) as second:
        assert second.ask(prompt(3000, 30)).restored == 1536


def test_a_cancel_while_restoring_leaves_what_is_held(models: dict[str, Path], tmp_path: Path) -> None:
    read_and_leave(models["llama"], tmp_path, SHORT, 30)
    with engine(models["llama"], tmp_path) as second:
        small = prompt(200, 20, seed=5)
        second.ask(small)
        second.abort.set()
        with pytest.raises(Cancelled):
            second.ask(prompt(SHORT, 30))
        second.abort.clear()
        assert second.ask(small).reused == 219
        assert second.ask(prompt(SHORT, 40)).restored == SHORT


def test_what_is_damaged_is_named_removed_and_read_again(models: dict[str, Path], tmp_path: Path) -> None:
    path = read_and_leave(models["llama"], tmp_path, SHORT, 30)
    raw = path.read_bytes()
    asked = prompt(SHORT, 40)
    right = cold(models["llama"], tmp_path, asked)
    away = prompt(30, 5, seed=5)
    with engine(models["llama"], tmp_path, state_seconds=1e6) as second:
        for damaged in (
            raw[: len(raw) // 2],
            raw[:100] + b"\xff" + raw[101:],
            raw[:-9999] + b"\xff" + raw[-9998:],
            b"",
        ):
            path.write_bytes(damaged)
            notices = second.ask(away).notices
            told = second.ask(asked)
            assert (told.restored, told.text) == (0, right)
            notices += told.notices
            assert len(notices) == 1 and "removed" in notices[0], notices
            assert not path.exists()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"kv": "q8_0"}, "another type of KV cache"),
        ({"n_ctx": 3072}, "another context size"),
        ({"n_batch": 256}, "another batch size"),
        ({"flash": "off"}, "another choice of flash attention"),
    ],
)
def test_a_state_of_other_settings_is_said_and_not_used(
    models: dict[str, Path], tmp_path: Path, chosen: dict[str, Any], words: str
) -> None:
    path = read_and_leave(models["llama"], tmp_path, SHORT, 30)
    with engine(models["llama"], tmp_path, state_seconds=1e6, **chosen) as second:
        told = second.ask(prompt(SHORT, 40))
        assert told.restored == 0
        assert len(told.notices) == 1 and words in told.notices[0], told.notices
        second.ask(prompt(30, 5))
        assert second.ask(prompt(SHORT, 40)).notices == [], "once is enough"
    assert path.exists(), "it is still good for the settings it was made with"


def test_a_state_of_another_model_of_the_same_name_and_size_is_not_used(tmp_path: Path) -> None:
    folder, model = tmp_path / "states", tmp_path / "model.gguf"
    write_random(model, architecture="llama", sizes=SIZES)
    size = model.stat().st_size
    read_and_leave(model, folder, SHORT, 30)
    write_random(model, architecture="llama", sizes=SIZES, seed=1)
    assert model.stat().st_size == size
    with engine(model, folder) as second:
        told = second.ask(prompt(SHORT, 40))
    assert told.restored == 0
    assert "another model file" in told.notices[0]


def test_a_state_from_another_computer_is_removed_unread(models: dict[str, Path], tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    stranger = read_and_leave(models["llama"], theirs, SHORT, 30)
    own = read_and_leave(models["llama"], mine, SHORT, 30)
    assert stranger.name != own.name
    # Once under its own name and once under the one that this computer looks for.
    for name in (stranger.name, own.name):
        own.unlink(missing_ok=True)
        (mine / name).write_bytes(stranger.read_bytes())
        with engine(models["llama"], mine, state_seconds=1e6) as second:
            told = second.ask(prompt(SHORT, 40))
        assert told.restored == 0
        assert len(told.notices) == 1 and "another computer" in told.notices[0]
        assert files(mine) == []


def test_a_file_that_is_no_state_of_its_name_is_not_used(models: dict[str, Path], tmp_path: Path) -> None:
    first = read_and_leave(models["llama"], tmp_path, SHORT, 30)
    with engine(models["llama"], tmp_path, kv="q8_0") as second:
        second.ask(prompt(SHORT, 30))
        second.keep()
    (other,) = set(files(tmp_path)) - {first}
    other.replace(first)
    with engine(models["llama"], tmp_path, state_seconds=1e6) as third:
        told = third.ask(prompt(SHORT, 40))
    assert told.restored == 0
    assert "removed" in told.notices[0]
    assert not first.exists()


def test_tokens_that_are_not_the_same_are_not_taken_from_it(models: dict[str, Path], tmp_path: Path) -> None:
    read_and_leave(models["llama"], tmp_path, SHORT + 100, 30)
    for place, restored in ((500, 0), (SHORT - 1, SHORT - 1)):
        tokens: array[int] = prompt(SHORT + 100, 30).tokens
        tokens[place] = 301 if tokens[place] != 301 else 302
        with engine(models["llama"], tmp_path, state_seconds=1e6) as second:
            assert second.ask(Prompt(tokens, SHORT + 100, 8)).restored == restored
