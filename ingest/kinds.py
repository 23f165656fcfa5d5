"""Which kind a text is by its name, and which bytes open a file that holds no text: tables, and how to look in them.

Extensions decide only between kinds of text; whether a file is text at all is decided by its content
(`ingest.sniff`). Knows no file system.
"""

from __future__ import annotations

import re

from ingest.document import Kind

_CODE = frozenset(
    """
    ada adb ads as asm astro awk bash bat bazel bib bzl c cabal cc cfg clj cljs cljc cmake cmd coffee conf cpp cr cs
    css cu cuh cxx d dart def dockerfile dtd el elm env erl ex exs f f03 f90 f95 fish for frag fs fsi fsx gd
    glsl go gql gradle graphql groovy h hcl hh hpp hrl hs hxx ini ino ipynb java jinja jinja2 jl js json json5 jsonc
    jsx kt kts less lisp lua m mak makefile mjs cjs ml mli mm mod nim nix nu pas pbxproj php pl plist pm po pot
    pp prisma pro proto ps1 psm1 purs py pyi pyx r rake rb reg rkt rs sass sbt scala scheme scm scss sh sln sol sql
    ss sv svelte svg svh swift tcl templ tex tf tfvars thrift toml ts tsx v vala vb vbs vert vhd vhdl vim vue
    wat wgsl xml xsd xsl xslt yaml yml zig zsh
    """.split()
)
_CODE_NAMES = frozenset(
    """
    brewfile build cmakelists.txt containerfile dockerfile gemfile gnumakefile go.mod go.sum jenkinsfile justfile
    makefile meson.build pipfile podfile procfile rakefile requirements.txt sconscript sconstruct vagrantfile
    workspace .bashrc .bash_profile .dockerignore .editorconfig .env .gitattributes .gitconfig .gitignore
    .gitmodules .npmrc .profile .vimrc .zshrc
    """.split()
)
_BY_EXTENSION: dict[str, Kind] = {
    **dict.fromkeys(_CODE, "code"),
    **dict.fromkeys(("md", "markdown", "mdown", "mkd", "mdx"), "markdown"),
    **dict.fromkeys(("html", "htm", "xhtml", "shtml"), "html"),
    **dict.fromkeys(("log", "out", "err", "jsonl", "ndjson"), "log"),
    **dict.fromkeys(("csv", "tsv", "tab", "psv", "xlsx", "xlsm", "xltx", "xltm"), "sheet"),
    **dict.fromkeys(("docx", "docm", "dotx", "dotm", "epub"), "document"),
    **dict.fromkeys(("pptx", "pptm", "ppsx", "ppsm", "potx", "potm"), "slides"),
    **dict.fromkeys(("eml", "mbox", "mht", "mhtml"), "mail"),
    **dict.fromkeys(("diff", "patch"), "diff"),
    "pdf": "pdf",
}
_ROTATED_LOG = re.compile(r"\.(?:log|out|err)[.-]\d[\d.Tt:_-]*\Z")

_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip file of an unknown method"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"{\\rtf", "an RTF document; save it as .docx, and add that"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a compiled class or program"),
    (b"\x00asm", "a WebAssembly module"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"GGUF", "a GGUF model"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska film"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\x00\x01\x00\x00\x00", "a font"),
    (b"OTTO", "a font"),
)
_TAR_AT = 257
_BINARY_STARTS = tuple(start for start, _ in _BINARY)
_TEXT_MAY_START_SO = frozenset({b"BZh", b"GGUF", b"OggS", b"ID3", b"OTTO", b"wOFF", b"wOF2", b"fLaC"})
_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_by_name(name: str) -> Kind | None:
    """The kind that a file's name (without folders) speaks for, None when it says nothing."""
    lower = name.lower()
    if lower in _CODE_NAMES:
        return "code"
    _, dot, extension = lower.rpartition(".")
    if dot and extension in _BY_EXTENSION:
        return _BY_EXTENSION[extension]
    return "log" if _ROTATED_LOG.search(lower) else None


def binary_by_magic(head: bytes) -> str | None:
    """What a file is whose first bytes are `head`, such as "a PNG image"; None when they are not in the table."""
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "a tar archive"
    if not head.startswith(_BINARY_STARTS):
        return None
    for start, what in _BINARY:
        if head.startswith(start):
            # Letters alone prove nothing: a sentence may begin with them. Unprintable bytes soon after do.
            if start in _TEXT_MAY_START_SO and not _UNPRINTABLE.search(head, len(start), 64):
                return None
            return what
    return None
