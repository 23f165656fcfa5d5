"""`plan` as people run it: figures that add up, published shapes, files that are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.make_gguf import cut_in_half
from tests.running import Program


def test_fields_are_what_the_help_says_and_add_up(program: Program) -> None:
    plan = program("plan", program.model, "--json").json
    text = program("plan", "--help").out
    for name in [*plan, *plan["cache"], *plan["devices"][0]]:
        assert re.search(rf"\b{name}\b", text), name
    parts = ("weights", "kv", "compute", "checkpoints", "process")
    assert sum(plan[part] for part in parts) == plan["total"]
    (ram,) = plan["devices"]
    assert [ram[part] for part in parts] == [plan[part] for part in parts]
    assert (ram["name"], ram["available"]) == ("RAM", plan["available"])
    assert plan["model"] == program.model
    assert (plan["context"], plan["trained_context"], plan["max_context"]) == (32_768, 32_768, 32_768)
    assert (plan["fits"], plan["about"], plan["llama_cpp"]) == ("yes", False, None)


def test_llama_cpp_is_asked_when_it_is_wanted(program: Program) -> None:
    plan = program("plan", program.model, "--ctx", 4096, "--batch", 128, "--check", "--json").json
    account = plan["llama_cpp"]
    assert plan["kv"] == pytest.approx(account["kv"], abs=1 << 15)
    assert 0 < account["compute"] <= plan["compute"]


def test_scout_without_its_file(program: Program) -> None:
    plan = program("plan", "--shape", "Scout", "--ctx", 10_485_760, "--kv", "q4_0", "--json").json
    assert plan["model"] is None and plan["about"]
    assert plan["kv"] / (1 << 30) == pytest.approx(135, abs=1)
    assert plan["weights"] == pytest.approx(65.4e9, rel=0.02)
    small = program("plan", "--shape", "scout", "--quant", "q2_k", "--json").json
    assert small["weights"] < 0.7 * plan["weights"]
    mixed = program("plan", "--shape", "maverick", "--kv", "q8_0", "--kv-values", "f16", "--json").json
    assert mixed["cache"] == {"keys": "q8_0", "values": "f16"}
    assert mixed["trained_context"] == 1_048_576


def test_people_read_a_table_and_a_sentence(program: Program) -> None:
    lines = program("plan", "--shape", "maverick", "--quant", "f16").out.splitlines()
    assert lines[0] == "Llama 4 Maverick (llama4): all figures are about"
    assert "131,072 tokens, f16" in lines[2]
    ends = {len(re.match(r"  .{12} *[\d.,]+ [MG]B", line).group()) for line in lines[1:-1]}  # type: ignore[union-attr]
    assert len(ends) == 1
    assert lines[-1].startswith("A context of 131,072 tokens needs about 8")
    assert lines[-1].endswith("No context fits.")


def test_what_cannot_be_planned_is_a_sentence(program: Program, tiny_llama4: Path, tmp_path: Path) -> None:
    half = cut_in_half(tiny_llama4, tmp_path / "half.gguf")
    (tmp_path / "text.gguf").write_text("no model")
    for path, words in (
        (half, "cut short"),
        (tmp_path / "text.gguf", "is not a GGUF"),
        (tmp_path / "gone.gguf", "There is no file"),
        (tmp_path, "is a folder"),
    ):
        error = program("plan", path, "--json", code=1).json["error"]
        assert words in error["message"] and error["hint"]
    error = program("plan", tiny_llama4, "--ctx", 40_000, "--json", code=1).json["error"]
    assert "32,768 this model was made for" in error["message"]
    error = program("plan", tiny_llama4, "--kv", "q8_0", "--json", code=1).json["error"]
    assert "packs them by 32" in error["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--ctx", 0),
        ("--shape", "behemoth"),
        ("--shape", "scout", "--quant", "q9"),
        ("--shape", "scout", "model.gguf"),
        ("--shape", "scout", "--check"),
        ("model.gguf", "--quant", "q8_0"),
        ("",),
        ("--kv", "f32"),
    ],
)
def test_bad_usage_is_told_as_such(program: Program, wrong: tuple[object, ...]) -> None:
    error = program("plan", *wrong, "--json", code=2).json["error"]
    assert error["kind"] == "usage" and error["hint"]
