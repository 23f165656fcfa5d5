"""What looks like a secret is found and hidden, and what does not is left alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.secrets import find
from tests.ingest.planted import any_of, pem, planted

ROOT = Path(__file__).resolve().parents[2]
PLANTED = planted()


@pytest.mark.parametrize("around", [("", ""), ("first line é\n", "\nlast 日本 line\n"), ("\t", "   ")])
@pytest.mark.parametrize("name", PLANTED)
def test_planted_secrets_are_found_in_their_place(name: str, around: tuple[str, str]) -> None:
    line, secret, kind = PLANTED[name]
    text = f"{around[0]}{line}{around[1]}"
    assert [(what, text[start:end]) for what, start, end in find(text)] == [(kind, secret)]


def test_all_of_them_together_are_found_in_order() -> None:
    text = "\n".join(line for line, _, _ in PLANTED.values())
    assert [kind for kind, _, _ in find(text)] == [kind for _, _, kind in PLANTED.values()]


def test_a_very_long_line_is_looked_through_to_its_end() -> None:
    text = (
        "x = 1; " * 40_000
        + " ".join(PLANTED[name][0] for name in ("github", "python", "postgres"))
        + "; y = 2" * 20_000
    )
    assert [kind for kind, _, _ in find(text)] == ["GitHub token", "password", "password in an address"]


NO_SECRETS = """
password = "password"
password = os.environ["DB_PASSWORD"]
password = getpass.getpass()
password: str = "your-password-here"
PASSWORD_FIELD = "user_password_2"
DB_PASSWORD=${DB_PASSWORD}
DB_PASSWORD=changeme
token = tokens[1]
token = next_token2
self.token = lexer.token4
TOKEN_TYPE = "bearer2_type"
secret_name = "projects/123/secrets/abc1"
api_key = "YOUR_API_KEY_1"
api_key="{{ api_key1 }}"
public_key = "b1946ac92492d2347c6235b4d2611184"
sha512-9TmtxGbOqwvsvt3tFqiBYWhD/L6v1hQ1oG2T8QmPMzS9zrHWUwtVO4sbWkMFhNkPzDWvcWHA4Pxv7e5jJ1hQ==
api_key: "7f3e4a67-e89b-42d3-a456-926614c74a00"
commit 5f1d7a84db00d2fce00b31a7fc73224f1d7a84db
id: 123e4567-e89b-12d3-a456-426614174000
mail ana@example.org and https://example.org:8080/path@2
https://user@example.org/ git@github.com:owner/name.git
if line.startswith("-----BEGIN RSA PRIVATE KEY-----"):
# -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- stand around a key
a_very_long_name_of_a_function_with_2_numbers(argument_1)
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4AKIAxp1234567890
"""


@pytest.mark.parametrize("line", NO_SECRETS.strip().split("\n"))
def test_what_is_no_secret_is_left_alone(line: str) -> None:
    assert find(f"before\n{line}\nafter\n") == []


def test_this_project_holds_no_secrets() -> None:
    found = {
        str(path.relative_to(ROOT)): kinds
        for folder in ("app", "engine", "ingest")
        for path in (ROOT / folder).rglob("*.py")
        if (kinds := [kind for kind, _, _ in find(path.read_text("utf-8"))])
    }
    assert found == {}


@given(st.lists(st.sampled_from(["password", "=", ":", '"', "@", "://", "\n", "ghp_", "0", "a1" * 10, "é", "\ud7ff"])))
def test_places_are_within_the_text_in_order_and_apart(parts: list[str]) -> None:
    text = "".join(parts)
    end = 0
    for _, start, stop in find(text):
        assert end <= start < stop <= len(text)
        end = stop


@pytest.mark.parametrize(
    "hostile",
    [
        "password" * 200_000,
        "password=" * 100_000,
        "a1" * 1_000_000,
        "://" * 300_000 + "@a",
        "x:y@" * 200_000,
        "-----BEGIN RSA PRIVATE KEY-----\n" * 20_000,
        "eyJ" + "a1." * 300_000,
        "token: '" + "x" * 1_000_000,
        " " * 2_000_000,
        "secret" + " " * 1_000_000 + "=",
        "sk-" * 300_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_texts_end_soon(hostile: str) -> None:
    # The time limit of the test run would stop what takes a square of the length.
    find(hostile)


def test_nothing_is_asked_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "planted.txt").write_text("\n".join(line for line, _, _ in PLANTED.values()), encoding="utf-8")
    code = (
        "import sys\n"
        "asked = []\n"
        "sys.addaudithook(lambda event, _: asked.append(event) if event.startswith('socket.') else None)\n"
        "from ingest.secrets import find\n"
        f"found = find(open({str(tmp_path / 'planted.txt')!r}, encoding='utf-8').read())\n"
        "print(len(found), 'requests' in sys.modules, 'detect_secrets.plugins.aws' in sys.modules, asked)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{len(PLANTED)} False True []\n"


def test_the_library_is_loaded_only_when_there_may_be_a_secret() -> None:
    code = (
        "import sys\nfrom ingest.secrets import find\n"
        "assert not find('password = getpass()\\nx = 3\\nkey_12345678901234567890 = 1\\n')\n"
        "assert 'detect_secrets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_key_without_an_end_stops_at_what_is_no_key() -> None:
    key = pem()
    cut = key[: key.rindex("\n")]
    text = f"{cut}\n\nThe rest is prose, which stays as it is.\n{any_of(10)}\n"
    ((_, start, end),) = find(text)
    assert text[start:end] == cut
