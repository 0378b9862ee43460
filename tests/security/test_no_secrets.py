"""No secret lies in the repository: what tracked files are called, and what they hold.

Patterns of keys that have a form of their own. Words like "password" are no pattern: tests are full of made-up ones,
and ruff's S105-S107 ask for a reason beside each in the product.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.paths import PROJECT_ROOT

NAMES = re.compile(
    r"(^|/)(\.env|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pypirc|credentials|kubeconfig|secret_key|[^/]+\.(pem|p12|pfx|jks|keystore|kdbx))$"
)
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\\?n?\s*[A-Za-z0-9+/=]{20}",
    "an AWS key id": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{12,}",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "an OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,}",
    "a Stripe key": r"\b[sr]k_live_[0-9A-Za-z]{20,}",
    "a Hugging Face token": r"\bhf_[A-Za-z]{34}\b",
    "a package index token": r"\bpypi-[A-Za-z0-9_-]{40,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{80,}",
    "a key of this hub": r"\bphk_[a-z0-9]{6,12}_[A-Za-z0-9_-]{30,}",
    "a password in an address": r"\b(?:postgres(?:ql)?|redis|amqp|mysql)s?://[^\s:/@\"'<>{}$]+:(?!password@|secret@|\$)[^\s@/\"'<>{}$*…]{8,}@(?!127\.0\.0\.1|localhost)[a-z0-9.-]+\.[a-z]{2,}",
}
#: AWS's own example, which its documentation prints.
KNOWN = {"AKIAIOSFODNN7EXAMPLE"}


def findings(text: str) -> list[str]:
    """What in a text looks like a secret: its kind and its first characters, never the whole."""
    return [
        f"{kind}: {found.group()[:8]}…"
        for kind, pattern in SECRETS.items()
        for found in re.finditer(pattern, text)
        if found.group() not in KNOWN
    ]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name and (PROJECT_ROOT / name).is_file()]


@pytest.mark.one_database
def test_no_tracked_file_is_or_holds_a_secret() -> None:
    if not (PROJECT_ROOT / ".git").exists():
        pytest.skip("not a checkout: there is nothing that git would publish")
    names = tracked()
    assert len(names) > 500
    assert [name for name in names if NAMES.search(name)] == []
    wrong = {}
    for name in names:
        if found := findings((PROJECT_ROOT / name).read_bytes().decode("utf-8", errors="replace")):
            wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN " + "PRIVATE KEY-----\n" + "MC4CAQAwBQYDK2VwBCIEIA" + "x" * 30,
        "aws_key = 'AKIA" + "ABCDEFGHIJKLMNOP'",
        "token: ghp_" + "a1" * 18,
        "https://hooks: xoxb-" + "123456789012-abc",
        "sk-ant-" + "a1b2" * 10,
        "phk_" + "abcdef01_" + "Zz9" * 12,
        "DATABASE_URL=postgres://hub:" + "tr0ub4dor3@db.example.org/hub",
    ],
)
def test_a_planted_secret_is_found(planted: str) -> None:
    assert len(findings(f"x {planted} y")) == 1


def test_names_of_key_files_are_found() -> None:
    names = ("deploy/.env", "keys/signing.pem", ".ssh/id_ed25519", "var/keys/secret_key")
    assert all(NAMES.search(name) for name in names)
    assert not NAMES.search("deploy/systemd/pixelhub.env.example")
