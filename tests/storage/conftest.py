"""Servers and hands for storage tests."""

import shutil

import pytest


@pytest.fixture
def rclone() -> str:
    """The program; says plainly where it is not installed."""
    program = shutil.which("rclone")
    if program is None:
        pytest.skip("rclone is not installed (Debian: rclone)")
    return program
