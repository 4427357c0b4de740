"""Sites in memory that share made-up speakers, four each, and keys for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import paralbench
from paralbench.federation.bunches import bunches
from paralbench.federation.messages import Ask, Message
from paralbench.federation.site_data import site_rows
from paralbench.federation.site_rows import SiteRows
from paralbench.federation.study import Plan
from paralbench.heads.head import PooledStream, Problem
from paralbench.heads.linear_probe import HEAD, Settings
from paralbench.system import signing
from tests.heads.speakers import Features

SITES = 3


def sites_of(features: Features, problem: Problem, size: int, settings: Settings) -> list[SiteRows]:
    """Every site has four of twelve speakers."""
    groups = np.asarray(problem.groups)
    sites = []
    for place in range(SITES):
        here = np.flatnonzero(groups // 4 == place)
        bunch = bunches(groups[here], problem.targets[here], problem.classes, size)
        stream = PooledStream("some", features)
        sites.append(site_rows(place, stream, problem, here, bunch, HEAD, settings))
    return sites


def asking(sites: list[SiteRows]) -> Ask:
    """Asks them in this process."""

    def ask(request: Message) -> list[Message]:
        return [site.answer(request) for site in sites]

    return ask


def keys(folder: Path, *names: str) -> dict[str, Path]:
    """Private keys by name."""
    for name in names:
        signing.write_key(folder / f"{name}.pem")
    return {name: folder / f"{name}.pem" for name in names}


def plan(private: dict[str, Path], **changes: object) -> Plan:
    """A plan of all these sites; the key "coordinator" is the coordinator's."""
    public = {name: signing.public_key(file, private=True) for name, file in private.items()}
    values = {
        "paralbench": paralbench.__version__, "task": "toy-tone", "task_version": 1,
        "classes": ["a", "b", "c"], "model": "bands", "weights": "none", "head": "linear-probe",
        "settings": {}, "coordinator": public.pop("coordinator"), "sites": public, **changes,
    }  # fmt: skip
    return Plan.checked(values, "a test")
