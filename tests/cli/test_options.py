"""Options that several verbs share."""

from __future__ import annotations

import argparse

import pytest

from paralbench.cli import options
from paralbench.features.engine import LOCAL, Engine
from paralbench.records.errors import UsageError


def _request(*words: str) -> Engine:
    parser = argparse.ArgumentParser()
    options.add_entries(parser)
    asked = parser.parse_args(["--task", "voice-prompts-language", "--model", "log-mel", *words])
    return options.request(asked).engine


def test_extraction_is_local_unless_ray_is_asked_for() -> None:
    assert _request() == LOCAL
    assert _request("--engine", "ray", "--workers", "3") == Engine("ray", 3)


def test_fewer_than_one_worker_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="--workers expects 1 or more, got 0"):
        _request("--workers", "0")
