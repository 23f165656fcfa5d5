"""`models` as people run it: known models, named ones, folders, and what cannot be used."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from app.core.settings import FILE_NAME
from tests.make_gguf import cut_in_half
from tests.running import Program


def test_fields_are_what_the_help_says_and_figures_add_up(program: Program) -> None:
    result = program("models", "--json").json
    text = program("models", "--help").out
    bundled, named = result["models"]
    for name in [*result, *bundled, *bundled["memory"]]:
        assert re.search(rf"\b{name}\b", text), name
    assert bundled["bundled"] and not named["bundled"]
    assert named["path"] == program.model
    for row in (bundled, named):
        memory = row["memory"]
        assert memory["weights"] + memory["kv_cache"] + memory["compute"] == memory["total"]
        assert memory["free"] - memory["left"] == memory["total"]
        assert memory["fits"] and memory["problem"] is None


def test_models_used_lately_and_those_beside_them_are_listed(
    tmp_path: Path, tiny_llama: Path, tiny_llama4: Path
) -> None:
    folder = tmp_path / "my models"
    folder.mkdir()
    shutil.copy(tiny_llama, folder / "used.gguf")
    shutil.copy(tiny_llama4, folder / "beside.gguf")
    program = Program(tmp_path / "data")
    (tmp_path / "data").mkdir()
    used = str(folder / "used.gguf").replace("\\", "\\\\")
    (tmp_path / "data" / FILE_NAME).write_text(f'{{"recent_models": ["{used}"]}}')
    paths = [Path(row["path"]).name for row in program("models", "--json").json["models"]]
    assert paths[1:] == ["used.gguf", "beside.gguf"]


def test_a_context_and_a_cache_are_counted_as_named(program: Program, tiny_llama: Path) -> None:
    def memory(*options: object) -> dict[str, int]:
        (row,) = program("models", tiny_llama, *options, "--json").json["models"]
        counted: dict[str, int] = row["memory"]
        return counted

    assert memory("--ctx", 8192)["kv_cache"] == 4 * memory("--ctx", 2048)["kv_cache"]
    too_long = memory("--ctx", 99_999)
    assert too_long["fits"] is False and "was made for" in str(too_long["problem"])
    assert too_long["largest_context"] == 32_768
    packed = memory("--ctx", 2048, "--kv", "q8_0")
    assert packed["kv_cache"] < memory("--ctx", 2048)["kv_cache"]
    assert "packs them by 32" in str(packed["problem"])


def test_people_read_sentences(program: Program) -> None:
    out = program("models").out
    assert "comes with Plumbline" in out
    assert "made for 32,768 tokens" in out
    assert "fits; at most 32,768 tokens would" in out


def test_a_folder_stands_for_its_models_and_a_bad_one_is_said(
    program: Program, tmp_path: Path, tiny_llama: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(tiny_llama, folder / "good.gguf")
    cut_in_half(tiny_llama, folder / "half.gguf")
    ran = program("models", folder, "--json", code=1)
    good, half = ran.json["models"]
    assert good["architecture"] == "llama"
    assert half["error"]["kind"] == "model_file" and "cut short" in half["error"]["message"]
    assert "cut short" in program("models", folder, code=1).err
    empty = tmp_path / "empty"
    empty.mkdir()
    (row,) = program("models", empty, "--json", code=1).json["models"]
    assert "is a folder" in row["error"]["message"]


def test_bad_usage_is_said(program: Program) -> None:
    assert program("models", "", "--json", code=2).error["message"] == "A path is empty."
    assert "--ctx" in program("models", "--ctx", 0, "--json", code=2).error["message"]
