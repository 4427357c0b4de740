"""A study: the plan that all sites agree on, and its folder of signed files.

The folder may be a network share, a synchronised folder or a USB stick. ``plan.json`` and every
request are signed by the coordinator, every answer by its site. A signature covers the study, the
round, the sender and, of an answer, the request: nothing can be replayed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from paralbench.federation.messages import Message
from paralbench.records.card import Card, Identifier
from paralbench.records.errors import ParalbenchError
from paralbench.system import signing
from paralbench.system.atomic_file import write_atomically

NO_NUMBERS = "it exchanges files"

PLAN, HEAD = "plan.json", "head.safetensors"
LEAST_SPEAKERS, BUNCH, MOST_ROUNDS = 10, 3, 3000
_LARGEST = 2 * 2**30
"""Bytes of a message: products of 13 layers of 1,536 columns are 245 MB."""
_PAUSE = 0.05
"""Seconds between two looks for answers."""
Key = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Plan(Card):
    """What a study trains, and who takes part.

    Attributes:
        paralbench: the version that all sites need.
        task, task_version, classes: what is predicted; no classes for a number.
        model, weights: the encoder and the sha256 of its weights.
        head, settings, seeds: what is trained.
        speakers: a site with fewer refuses to answer.
        bunch: speakers, at least, in the smallest sum that leaves a site.
        rounds: requests that a site answers at most.
        coordinator, sites: public keys, of the sites in their order.
    """

    format: Literal["paralbench-federation/1"] = "paralbench-federation/1"
    paralbench: str
    task: Identifier
    task_version: int
    classes: list[str]
    model: str
    weights: str
    head: Identifier
    settings: dict[str, Any]
    seeds: int = Field(default=1, ge=1, le=20)
    speakers: int = Field(default=LEAST_SPEAKERS, ge=2)
    bunch: int = Field(default=BUNCH, ge=1)
    rounds: int = Field(default=MOST_ROUNDS, ge=1)
    coordinator: Key
    sites: dict[Identifier, Key] = Field(min_length=2)


class WaitingError(ParalbenchError):
    """Answers that are not there yet."""


@dataclass(frozen=True)
class Study:
    """A folder with its verified plan.

    Args:
        folder: where files are exchanged.
        plan: what all agree on.
        id: sha256 of the plan's file.
    """

    folder: Path
    plan: Plan
    id: str

    @classmethod
    def create(cls, folder: Path, plan: Plan, key: Path) -> Study:
        """Write and sign a plan in a new or empty folder.

        Raises:
            ParalbenchError: where the folder holds files, or the key is not the coordinator's.
        """
        if folder.exists() and any(folder.iterdir()):
            raise ParalbenchError(
                f"{folder}: expected a new or empty folder; a study is never changed."
            )
        folder.mkdir(parents=True, exist_ok=True)
        content = (plan.model_dump_json(indent=1) + "\n").encode()
        file, digest = folder / PLAN, hashlib.sha256(content).hexdigest()
        write_atomically(file, content)
        signing.sign(file, _PLAN_PURPOSE, digest, key)
        return cls(folder, plan, digest)

    @classmethod
    def open(cls, folder: Path, trusted: Path | None = None) -> Study:
        """The study in a folder; ``trusted`` is the PEM of the coordinator's public key.

        Raises:
            ParalbenchError: where the plan is not signed by the coordinator.
        """
        file = folder / PLAN
        if not file.is_file():
            raise ParalbenchError(
                f"{folder}: it holds no {PLAN}; 'paralbench federate init' makes it."
            )
        plan, digest = Plan.from_json(file), hashlib.sha256(file.read_bytes()).hexdigest()
        if signing.verified(file, _PLAN_PURPOSE, digest, trusted) != plan.coordinator:
            raise ParalbenchError(
                f"{file}: it is not signed by the coordinator whose key it names."
            )
        return cls(folder, plan, digest)

    def asking(
        self, key: Path, wait: float | None, say: Callable[[str], None] = lambda words: None
    ) -> Callable[[Message], list[Message]]:
        """What sends a request to all sites by files; earlier rounds are read, not sent again.

        Args:
            key: the coordinator's private key.
            wait: seconds to wait for answers; None does not wait.
            say: called with each round that begins.
        """
        rounds = 0

        def ask(request: Message) -> list[Message]:
            nonlocal rounds
            rounds += 1
            if rounds > self.plan.rounds:
                raise ParalbenchError(
                    f"it takes more than the {self.plan.rounds} rounds of the plan."
                )
            return self._asked(rounds, request, key, wait, say)

        return ask

    def _asked(
        self,
        number: int,
        request: Message,
        key: Path,
        wait: float | None,
        say: Callable[[str], None],
    ) -> list[Message]:
        content = encoded(request)
        file, digest = self.request_file(number), hashlib.sha256(content).hexdigest()
        if file.is_file() and file.read_bytes() != content:
            raise ParalbenchError(
                f"{file}: it is not the request that this program would send; the study was begun by "
                "another version or on another machine. Go on there, or begin a new study."
            )
        if not _signed(file):
            file.parent.mkdir(exist_ok=True)
            write_atomically(file, content)
            signing.sign(file, self.purpose(f"request {number}"), digest, key)
            say(f"round {number}: waiting for {', '.join(self.plan.sites)}.")
        deadline = None if wait is None else time.monotonic() + wait
        while missing := [s for s in self.plan.sites if not _signed(self.answer_file(number, s))]:
            if deadline is None or time.monotonic() > deadline:
                raise WaitingError(
                    f"round {number} waits for {', '.join(missing)}: 'paralbench federate answer "
                    f"{self.folder}' at each of them, then this command again."
                )
            time.sleep(_PAUSE)
        answers = [self._answer(number, site, digest) for site in self.plan.sites]
        for site, answer in zip(self.plan.sites, answers, strict=True):
            shapes = [
                {name: values.shape for name, values in part.items() if name != "table"}
                for part in (answer, answers[0])
            ]
            if shapes[0] != shapes[1]:
                raise ParalbenchError(
                    f"round {number}: the answer of {site} has other arrays than that of "
                    f"{next(iter(self.plan.sites))}; do both use the encoder of the plan?"
                )
        return answers

    def _answer(self, number: int, site: str, request: str) -> Message:
        purpose = self.purpose(f"answer {number} of {site} to {request}")
        return self._read(self.answer_file(number, site), purpose, self.plan.sites[site])

    def read_request(self, number: int) -> tuple[Message, str]:
        """A request, verified, and its sha256."""
        file = self.request_file(number)
        digest = hashlib.sha256(_bounded(file)).hexdigest()
        return self._read(file, self.purpose(f"request {number}"), self.plan.coordinator), digest

    def write_answer(
        self, number: int, site: str, answer: Message, request: str, key: Path
    ) -> Path:
        """Write and sign a site's answer to the request of a sha256."""
        file, content = self.answer_file(number, site), encoded(answer)
        write_atomically(file, content)
        digest = hashlib.sha256(content).hexdigest()
        signing.sign(file, self.purpose(f"answer {number} of {site} to {request}"), digest, key)
        return file

    def write_head(self, arrays: Mapping[str, NDArray[Any]], key: Path) -> Path:
        """Write and sign the trained head."""
        file, content = self.folder / HEAD, encoded(arrays)
        write_atomically(file, content)
        signing.sign(file, self.purpose("head"), hashlib.sha256(content).hexdigest(), key)
        return file

    def read_head(self) -> Message:
        """The trained head, verified."""
        file = self.folder / HEAD
        if not self.trained:
            raise WaitingError(f"{self.folder}: the head is not trained yet; {HEAD} is missing.")
        return self._read(file, self.purpose("head"), self.plan.coordinator)

    @property
    def trained(self) -> bool:
        """Whether the head is there."""
        return _signed(self.folder / HEAD)

    def pending(self, site: str) -> list[int]:
        """Rounds that have a signed request and no signed answer of a site."""
        numbers = sorted(
            int(folder.name)
            for folder in self.folder.iterdir()
            if folder.name.isdecimal() and _signed(self.request_file(int(folder.name)))
        )
        return [n for n in numbers if not _signed(self.answer_file(n, site))]

    def request_file(self, number: int) -> Path:
        """<folder>/<number>/request.safetensors"""
        return self.folder / f"{number:04d}" / "request.safetensors"

    def answer_file(self, number: int, site: str) -> Path:
        """<folder>/<number>/answer-<site>.safetensors"""
        return self.folder / f"{number:04d}" / f"answer-{site}.safetensors"

    def purpose(self, words: str) -> str:
        """What a signature is made for."""
        return f"federation {self.id} {words}"

    def _read(self, file: Path, purpose: str, key: str) -> Message:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = _bounded(file)
        if signing.verified(file, purpose, hashlib.sha256(content).hexdigest()) != key:
            raise ParalbenchError(f"{file}: it is not signed with the key that the plan names.")
        try:
            arrays = load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise ParalbenchError(f"{file}: it is not a safetensors file ({error}).") from None
        for name, values in arrays.items():
            if values.dtype != np.float64 or not np.isfinite(values).all():
                raise ParalbenchError(f"{file}: '{name}' holds something else than finite float64.")
        return arrays


_PLAN_PURPOSE = "federation plan"


def encoded(message: Mapping[str, NDArray[Any]]) -> bytes:
    """A message as a safetensors file: the same bytes for the same arrays."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(message[name], np.float64) for name in sorted(message)}
    return save(arrays)


def _signed(file: Path) -> bool:
    return file.is_file() and file.with_name(file.name + signing.SUFFIX).is_file()


def _bounded(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ParalbenchError(f"{file}: it is larger than {_LARGEST // 2**20} MiB.")
        return file.read_bytes()
    except OSError as error:
        raise ParalbenchError(f"{file}: it cannot be read ({error.strerror or error}).") from None
