"""The GGUF reader: equal to the `gguf` package's on good files, one clear sentence on all others."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelFileError
from engine.gguf_file import read_gguf
from tests.make_gguf import (
    ARCHITECTURES,
    Architecture,
    cut_in_half,
    write_adapter,
    write_embedding_model,
    write_projector,
    write_random,
)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("file_type", ["f32", "f16", "q8_0", "q4_0"])
def test_equals_the_gguf_package(
    tmp_path: Path, architecture: Architecture, file_type: gguf.GGMLQuantizationType
) -> None:
    path = write_random(
        tmp_path / "model.gguf",
        architecture=architecture,
        file_type=file_type,
        extra_metadata={"plumbline.marks": "numbered", "test.floats": [0.5, 2.0], "test.flag": False, "test.none": ""},
    )
    mine, theirs = read_gguf(path), gguf.GGUFReader(path)
    fields = {k: f.contents() for k, f in theirs.fields.items() if not k.startswith("GGUF.")}
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in mine.metadata.items()} == fields
    assert [(t.name, t.shape, t.kind, mine.data_start + t.offset, t.size) for t in mine.tensors] == [
        (t.name, tuple(t.shape.tolist()), t.tensor_type.name.lower(), t.data_offset, t.n_bytes) for t in theirs.tensors
    ]
    assert mine.architecture == architecture
    assert mine.name == f"Random {architecture}"
    assert mine.context_length == 32_768
    assert mine.chat_template is not None and "<|eot|>" in mine.chat_template
    assert mine.size == path.stat().st_size
    assert mine.weight_bytes == sum(t.n_bytes for t in theirs.tensors)


def test_no_template_no_name(tmp_path: Path) -> None:
    path = write_random(tmp_path / "some-model.gguf", without_template=True, extra_metadata={"general.name": " \n"})
    assert read_gguf(path).chat_template is None
    assert read_gguf(path).name == "some-model"


def test_the_fingerprint_follows_the_weights(tmp_path: Path, tiny_llama4: Path) -> None:
    copy = Path(shutil.copy(tiny_llama4, tmp_path / "elsewhere.gguf"))
    assert read_gguf(copy).fingerprint() == read_gguf(tiny_llama4).fingerprint()
    assert read_gguf(write_random(tmp_path / "b.gguf", seed=1)).fingerprint() != read_gguf(copy).fingerprint()


def text_file(path: Path) -> Path:
    path.write_text("This is a letter, not a model.\n")
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def only_magic(path: Path) -> Path:
    path.write_bytes(b"GGUF")
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def big_endian(path: Path) -> Path:
    path.write_bytes(b"GGUF" + struct.pack(">IQQ", 3, 0, 0))
    return path


def version_one(path: Path) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<III", 1, 0, 0) + bytes(8))
    return path


def hostile_list(path: Path) -> Path:
    key = b"tokenizer.ggml.tokens"
    path.write_bytes(b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, len(key)) + key + struct.pack("<IIQ", 9, 8, 2**60))
    return path


def hostile_text(path: Path) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**63) + b"general")
    return path


def hostile_counts(path: Path) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 2**64 - 1))
    return path


def nested_lists(path: Path) -> Path:
    path.write_bytes(
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 9
    )
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path, "There is no file"),
        (folder, "is a folder"),
        (empty, "is empty"),
        (text_file, "is not a GGUF"),
        (only_magic, "is cut short or damaged"),
        (big_endian, "big-endian"),
        (version_one, "version is 1"),
        (hostile_list, "list of 1,152,921,504,606,846,976 entries"),
        (hostile_text, "text of 9,223,372,036,854,775,808 bytes"),
        (hostile_counts, "is cut short or damaged"),
        (nested_lists, "list of type 9"),
        (write_embedding_model, "does not answer questions"),
        (write_projector, "does not answer questions"),
        (write_adapter, "does not answer questions"),
    ],
)
def test_one_sentence_for_what_is_no_model(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    path = make(tmp_path / "model.gguf")
    with pytest.raises(ModelFileError, match=words) as caught:
        read_gguf(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_name_no_file_can_have() -> None:
    with pytest.raises(ModelFileError):
        read_gguf(Path("a\0b.gguf"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.gguf")
    with pytest.raises(ModelFileError, match="not a regular file"):
        read_gguf(tmp_path / "model.gguf")


@pytest.mark.parametrize("layers", [0, 513, 2_000_000_000])
def test_layers_over_which_llama_cpp_would_abort(tmp_path: Path, layers: int) -> None:
    path = write_random(tmp_path / "layers.gguf", architecture="llama", extra_metadata={"llama.block_count": layers})
    with pytest.raises(ModelFileError, match=f"layers.gguf claims {layers:,} layers"):
        read_gguf(path)


def test_a_pooling_model_of_a_chat_architecture(tmp_path: Path) -> None:
    path = write_random(tmp_path / "m.gguf", architecture="llama", extra_metadata={"llama.pooling_type": 3})
    with pytest.raises(ModelFileError, match="embedding model"):
        read_gguf(path)


def test_a_broken_download_says_how_much_is_there(tmp_path: Path, tiny_llama4: Path) -> None:
    path = cut_in_half(tiny_llama4, tmp_path / "half.gguf")
    size, whole = path.stat().st_size, tiny_llama4.stat().st_size
    with pytest.raises(ModelFileError, match=f"is cut short: {size:,} of {whole:,} bytes") as caught:
        read_gguf(path)
    assert caught.value.hint == "Download it again."


def split(tmp_path: Path, count: int) -> list[Path]:
    parts = [tmp_path / f"model-{i + 1:05d}-of-{count:05d}.gguf" for i in range(count)]
    write_random(parts[0], extra_metadata={"split.no": 0, "split.count": count})
    for i, part in enumerate(parts[1:], start=1):
        writer = gguf.GGUFWriter(part, "")
        writer.kv_data[0].pop("general.architecture", None)
        writer.add_uint16("split.no", i)
        writer.add_uint16("split.count", count)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        writer.close()
    return parts


def test_a_split_model_is_read_as_one(tmp_path: Path) -> None:
    parts = split(tmp_path, 3)
    model = read_gguf(parts[0])
    assert model.parts == tuple(parts)
    assert model.size == sum(part.stat().st_size for part in parts)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    parts = split(tmp_path, 3)
    parts[1].unlink()
    with pytest.raises(ModelFileError, match=r"missing beside it: model-00002-of-00003\.gguf"):
        read_gguf(parts[0])


def test_a_later_part_names_the_first(tmp_path: Path) -> None:
    parts = split(tmp_path, 3)
    with pytest.raises(ModelFileError, match="part 3") as caught:
        read_gguf(parts[2])
    assert parts[0].name in caught.value.hint


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_ends_in_a_sentence(data: st.DataObject, tiny_llama: Path, tmp_path: Path) -> None:
    raw = bytearray(tiny_llama.read_bytes())
    header = read_gguf(tiny_llama).data_start
    for _ in range(data.draw(st.integers(0, 3))):
        # Half of the flips hit the first bytes, where the counts are.
        at = data.draw(st.one_of(st.integers(0, 300), st.integers(0, header - 1)))
        raw[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(raw[:end])
    try:
        model = read_gguf(path)
    except ModelFileError as error:
        assert str(path) in str(error)
    else:
        # Damage inside a text can pass unseen, but the weights must all be there.
        # (The count of the tensors is among the bytes that may be hit: a file of none is read as one.)
        assert model.data_start + max((t.offset + t.size for t in model.tensors), default=0) <= end
        assert model.architecture and model.name and model.context_length > 0 and model.weight_bytes >= 0
