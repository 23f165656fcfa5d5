"""Secrets that are none, made anew in each run so that this file holds nothing that looks like one."""

from __future__ import annotations

import base64
import json
import random
import string

_chosen = random.Random(11)
_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_CAPITALS = string.ascii_uppercase + string.digits


def any_of(length: int, characters: str = _LETTERS) -> str:
    return "".join(_chosen.choices(characters, k=length))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def pem(kind: str = "RSA ", lines: int = 12) -> str:
    body = "\n".join(any_of(64) for _ in range(lines))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def planted() -> dict[str, tuple[str, str, str]]:
    """By name: (the text, what of it is the secret, its kind)."""
    jwt = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part({'sub': '1', 'name': 'A'})}.{any_of(43)}"
    key = pem()
    putty = (
        "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: c\nPublic-Lines: 1\n"
        f"{any_of(64)}\nPrivate-Lines: 1\n{any_of(64)}\nPrivate-MAC: {any_of(40, _HEX)}"
    )
    made = {
        "aws id": ("aws_access_key_id = {}", "AKIA" + any_of(16, _CAPITALS), "AWS access key"),
        "aws secret": ('aws_secret_access_key = "{}"', any_of(40), "AWS secret key"),
        "aws secret in environment": ("AWS_SECRET_ACCESS_KEY={}", any_of(40), "AWS secret key"),
        "github": ("git clone with {} please", "ghp_" + any_of(36), "GitHub token"),
        "github fine": ("{}", f"github_pat_{any_of(22)}_{any_of(59)}", "GitHub token"),
        "gitlab": ("CI: {}", "glpat-" + any_of(20), "GitLab token"),
        "slack": ("({})", f"xoxb-{any_of(12, '123456789')}-{any_of(12, '123456789')}-{any_of(24)}", "Slack token"),
        "slack hook": (
            "url: {}",
            f"https://hooks.slack.com/services/T{any_of(8, _CAPITALS)}/B{any_of(8, _CAPITALS)}/{any_of(24)}",
            "Slack token",
        ),
        "stripe": ("charge({!r})", "sk_live_" + any_of(24), "Stripe key"),
        "stripe test": ("{}", "sk_test_" + any_of(24), "Stripe key"),
        "google": ("maps?key={}&x=1", "AIza" + any_of(35), "Google API key"),
        "google oauth": ('"{}"', "GOCSPX-" + any_of(28), "Google OAuth secret"),
        "jwt": ("Authorization: Bearer {}", jwt, "JSON Web Token"),
        "sendgrid": ("{}", f"SG.{any_of(22)}.{any_of(43)}", "SendGrid key"),
        "twilio": ("sid {}", "AC" + any_of(32, _HEX), "Twilio key"),
        "telegram": ("bot {}", f"123456789:{any_of(35)}", "Telegram token"),
        "discord": ("{}", f"M{any_of(23)}.{any_of(6)}.{any_of(27)}", "Discord token"),
        "mailchimp": ("{}", any_of(32, _HEX) + "-us12", "Mailchimp key"),
        "npm": ("//registry.npmjs.org/:_authToken={}", "npm_" + any_of(36), "npm token"),
        "pypi": ("  {}", "pypi-AgEIcHlwaS5vcmc" + any_of(80), "PyPI token"),
        "openai": ("{}", f"sk-{any_of(20)}T3BlbkFJ{any_of(20)}", "OpenAI key"),
        "anthropic": ("{}", "sk-ant-api03-" + any_of(90), "Anthropic key"),
        "azure": ("AccountName=x;AccountKey={};Suffix=y", any_of(86) + "==", "Azure storage key"),
        "square": ("{}", "sq0csp-" + any_of(43), "Square secret"),
        "hugging face": ("{}", "hf_" + any_of(34), "Hugging Face token"),
        "digital ocean": ("{}", "dop_v1_" + any_of(64, _HEX), "DigitalOcean token"),
        "shopify": ("{}", "shpat_" + any_of(32, _HEX), "Shopify token"),
        "age": ("{}", "AGE-SECRET-KEY-1" + any_of(58, _CAPITALS), "age key"),
        "postgres": ("postgres://app:{}@db.example.org:5432/x", "Tr0ub4dor!3", "password in an address"),
        "redis": ("REDIS_URL=redis://:{}@cache:6379/0", "p4ssw0rX9", "password in an address"),
        "environment": ("DB_PASSWORD={}", "hunter2horse", "password"),
        "exported": ('export SMTP_PASSWORD="{}"', "kR8!fjQ2", "password"),
        "python": ("password = '{}'", "kR8fjQ2xx", "password"),
        "javascript": ("apiKey: `{}`,", any_of(24), "key"),
        "json": ('{{"client_secret": "{}"}}', any_of(32), "secret"),
        "escaped json": (r'"{{\"access_token\": \"{}\"}}"', any_of(32), "token"),
        "yaml": ("  token: {}", any_of(30), "token"),
        "properties": ("db.password = {}", "Xk29vbQ81", "password"),
        "go": ('clientSecret := "{}"', any_of(30), "secret"),
        "private key": ("{}", key, "private key"),
        "private key on one line": ('{{"private_key": "{}\\n"}}', key.replace("\n", "\\n"), "private key"),
        "pgp": (
            "{}",
            f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{any_of(64)}\n{any_of(64)}\n-----END PGP PRIVATE KEY BLOCK-----",
            "private key",
        ),
        "half a private key": ("{}", key[:400].rsplit("\n", 1)[0], "private key"),
        "putty": ("{}", putty, "private key"),
    }
    return {name: (text.format(secret), secret, kind) for name, (text, secret, kind) in made.items()}
