"""Reads what a GGUF says about its model, without its weights, and refuses files that cannot answer questions.

A model split over several files is read as one. Knows no llama.cpp; says in one sentence what is wrong with a file.
"""

from __future__ import annotations

import mmap
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import ModelFileError
from engine.gguf_header import MAGIC, Header, Malformed, Tensor, Value, parse

_CHOOSE = "Choose an instruction-tuned model in GGUF format."
_AGAIN = "Download it again."

_ENCODERS = frozenset(
    "bert modern-bert nomic-bert nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert gemma-embedding "
    "llama-embed t5encoder".split()
)
"""Architectures of llama.cpp that turn text into vectors and write none."""

MOST_LAYERS = 512
"""llama.cpp ends its process over more (and over none)."""

_PART_NAME = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.DOTALL)
_SAMPLES, _SAMPLE_BYTES = 64, 4096


@dataclass(frozen=True, slots=True)
class GgufFile:
    """A model file (the first part of a split one). size: bytes of all parts; tensors: of all parts."""

    path: Path
    parts: tuple[Path, ...]
    size: int
    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    data_start: int

    @property
    def architecture(self) -> str:
        """llama.cpp's name of it, such as `llama4`."""
        return str(self.metadata["general.architecture"])

    @property
    def name(self) -> str:
        """The model's own name on one line, or else the file's."""
        name = self.metadata.get("general.name")
        shown = " ".join(name.split()) if isinstance(name, str) else ""
        return shown or self.path.stem

    @property
    def context_length(self) -> int:
        """Tokens the model was made for."""
        value = self.metadata[f"{self.architecture}.context_length"]
        assert isinstance(value, int)
        return value

    @property
    def chat_template(self) -> str | None:
        """The default chat template's Jinja source."""
        value = self.metadata.get("tokenizer.chat_template")
        return value if isinstance(value, str) and value.strip() else None

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.size for tensor in self.tensors)

    def without_vocabulary(self) -> GgufFile:
        """The same with the vocabulary's texts left out, which are most of a header; their number stays."""
        metadata = {
            key: ("",) * len(value) if isinstance(value, tuple) and key.startswith("tokenizer.") else value
            for key, value in self.metadata.items()
        }
        return replace(self, metadata=metadata)

    def fingerprint(self) -> str:
        """Hexadecimal digest that tells this model from others: all of the header, samples of the weights.

        Reads some megabytes again; raises ModelFileError when the file is gone.
        """
        import hashlib

        digest = hashlib.sha256()
        try:
            for part in self.parts:
                size = part.stat().st_size
                digest.update(size.to_bytes(8, "little"))
                with part.open("rb") as file:
                    if part == self.path:
                        digest.update(file.read(self.data_start))
                    for i in range(_SAMPLES):
                        file.seek(max(size - _SAMPLE_BYTES, 0) * i // (_SAMPLES - 1))
                        digest.update(file.read(_SAMPLE_BYTES))
        except OSError as error:
            raise _unreadable(self.path, error) from None
        return digest.hexdigest()

    def header_digest(self) -> str:
        """Hexadecimal digest of the header, and so of the vocabulary. Raises ModelFileError when the file is gone."""
        import hashlib

        try:
            with self.path.open("rb") as file:
                return hashlib.blake2b(file.read(self.data_start), digest_size=16).hexdigest()
        except OSError as error:
            raise _unreadable(self.path, error) from None


def read_gguf(path: Path) -> GgufFile:
    """Read `path` (and the other parts of a split model, which must lie beside it).

    Raises ModelFileError: missing, a folder, no GGUF, cut short, damaged, a part missing, or no model that answers.
    """
    header, size = _read_part(path)
    _check_kind(path, header)
    parts, tensors = [path], list(header.tensors)
    for other in _other_parts(path, header):
        part_header, part_size = _read_part(other)
        parts.append(other)
        size += part_size
        tensors += part_header.tensors
    return GgufFile(path, tuple(parts), size, header.version, header.metadata, tuple(tensors), header.data_start)


def _read_part(path: Path) -> tuple[Header, int]:
    """The header and size of one file that is whole."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ModelFileError(f"{path} is a folder, not a model file.", hint=_CHOOSE)
        if not stat.S_ISREG(mode):
            raise ModelFileError(f"{path} is not a regular file.", hint=_CHOOSE)
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            begin = file.read(len(MAGIC))
            if begin != MAGIC:
                what = "is empty" if size == 0 else "is not a GGUF model file"
                raise ModelFileError(f"{path} {what}.", hint=_CHOOSE)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                header = parse(data)
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:
        raise ModelFileError(f"{str(path)!r} is not a possible file name.", hint=_CHOOSE) from None
    except Malformed as error:
        if error.ends_early:
            message = f"{path} is cut short or damaged: its {size:,} bytes end before its header does."
            raise ModelFileError(message, hint=_AGAIN) from None
        raise ModelFileError(f"{path} cannot be read as a GGUF model: {error}.", hint=_AGAIN) from None
    if size < header.end and header.tensors:
        raise ModelFileError(f"{path} is cut short: {size:,} of {header.end:,} bytes.", hint=_AGAIN)
    return header, size


def _unreadable(path: Path, error: OSError) -> ModelFileError:
    if isinstance(error, FileNotFoundError):
        return ModelFileError(f"There is no file {path}.", hint="Check the path of the model.")
    return ModelFileError(f"{path} cannot be read: {error.strerror or error}.", hint="Check the path of the model.")


def _check_kind(path: Path, header: Header) -> None:
    """Raise ModelFileError for everything that is not a model which answers in words."""
    metadata = header.metadata
    architecture = metadata.get("general.architecture")
    number = metadata.get("split.no")
    if not isinstance(architecture, str) and isinstance(number, int) and number > 0:
        first = _sibling(path, 1)
        raise ModelFileError(
            f"{path} is part {number + 1} of a split model.",
            hint=f"Choose its first part, {first.name}." if first else "Choose its first part.",
        )
    if not isinstance(architecture, str) or not architecture:
        raise ModelFileError(f"{path} does not say which architecture it is.", hint=_CHOOSE)
    kind = metadata.get("general.type")
    if kind == "adapter":
        raise ModelFileError(f"{path} is an adapter for another model; it does not answer questions.", hint=_CHOOSE)
    if kind == "mmproj" or architecture == "clip":
        raise ModelFileError(
            f"{path} is the image or sound part of a model; it does not answer questions.",
            hint="Choose the model file that lies beside it.",
        )
    pooling = metadata.get(f"{architecture}.pooling_type")
    if architecture in _ENCODERS or (isinstance(pooling, int) and pooling > 0):
        raise ModelFileError(
            f"{path} is an embedding model ({architecture}); it does not answer questions.", hint=_CHOOSE
        )
    if not isinstance(metadata.get("tokenizer.ggml.model"), str):
        raise ModelFileError(f"{path} holds no vocabulary; it does not answer questions.", hint=_CHOOSE)
    context = metadata.get(f"{architecture}.context_length")
    if not isinstance(context, int) or isinstance(context, bool) or context < 1:
        raise ModelFileError(f"{path} does not say how many tokens its model was made for.", hint=_AGAIN)
    layers = metadata.get(f"{architecture}.block_count")
    if isinstance(layers, int) and not 1 <= layers <= MOST_LAYERS:
        raise ModelFileError(f"{path} claims {layers:,} layers; a model has 1 to {MOST_LAYERS}.", hint=_AGAIN)
    double = next((tensor for tensor in header.tensors if tensor.kind == "f64"), None)
    if double is not None:
        # llama.cpp loads such a tensor and then ends the process when it multiplies with it.
        raise ModelFileError(f"{path} holds 64-bit weights ({double.name}), which cannot be run.", hint=_CHOOSE)


def _other_parts(path: Path, header: Header) -> list[Path]:
    """The further files of a split model, all there. Raises ModelFileError."""
    count, number = header.metadata.get("split.count", 0), header.metadata.get("split.no", 0)
    if not isinstance(count, int) or not isinstance(number, int) or count < 2:
        return []
    name = _PART_NAME.fullmatch(path.name)
    if number != 0 or name is None or int(name["number"]) != 1 or int(name["count"]) != count:
        raise ModelFileError(
            f"{path} is part {number + 1} of {count} of a split model.",
            hint=f"Choose its first part, whose name ends in -00001-of-{count:05d}.gguf.",
        )
    others = [path.with_name(f"{name['stem']}-{i:05d}-of-{count:05d}.gguf") for i in range(2, count + 1)]
    missing = [other.name for other in others if not other.is_file()]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise ModelFileError(
            f"{path} is the first of {count} parts; missing beside it: {shown}.", hint="Put all parts into one folder."
        )
    return others


def _sibling(path: Path, number: int) -> Path | None:
    name = _PART_NAME.fullmatch(path.name)
    return path.with_name(f"{name['stem']}-{number:05d}-of-{name['count']}.gguf") if name else None
