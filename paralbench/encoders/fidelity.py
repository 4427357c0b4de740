"""Fast ways to compute an encoder are admitted one by one: measured against fp32 in torch, recorded.

The same audio is encoded both ways on this machine. Below the bar a way is refused; there is no
falling back without a word. A record holds for one encoder, machine and set of packages.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from paralbench.audio import decoding
from paralbench.encoders.encoder import Encoder, Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.native import ways
from paralbench.encoders.placement import Placement
from paralbench.records.errors import CardError, ParalbenchError, Refused
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity
from paralbench.records.model_card import ModelCard
from paralbench.results.provenance import hardware, packages
from paralbench.synthetic.voice import Delivery, speak, speaker
from paralbench.system.atomic_file import write_atomically

NO_NUMBERS = "it admits a placement or refuses it"

_HEARD = 8
_SECONDS = 15.0
_VOICES = (1.3, 2.9, 5.2)


@dataclass(frozen=True, slots=True)
class Bar:
    """What the cosines must reach at every layer: their mean over frames, and the least of them."""

    mean: float = 0.999
    least: float = 0.99


BAR = Bar()


def admit(
    encoder: LoadableEncoder, clips: Iterable[Clip], cache: Path, bar: Bar = BAR
) -> Fidelity | None:
    """The record that admits an encoder's placement; None for the reference, which needs none.

    Measured on the first clips where no record of this machine is kept, or where the one that is
    kept heard generated voices only.

    Raises:
        ParalbenchError: where the placement is too far from fp32; the sentence has the numbers.
    """
    if encoder.placement.reference:
        return None
    heard = _first(encoder.card, clips)
    file = _file(encoder, cache)
    record = _kept(file, bar)
    if record is None or (heard and not record.clips):
        record = _measured(encoder, heard, bar)
        _keep(file, record)
    if not record.admitted:
        raise ParalbenchError(
            f"model '{encoder.card.id}' is not admitted as {record.placement}: {record.told()}; "
            f"leave out --precision and --runtime, or say --precision auto."
        )
    return record


def fastest(
    encoder: LoadableEncoder, cache: Path, say: Callable[[str], None], bar: Bar = BAR
) -> LoadableEncoder:
    """The encoder as it is computed fastest here among the ways that are admitted for it.

    Ways are timed and compared on generated voices; the clips themselves are asked in `admit`.
    """
    card, device = encoder.card, encoder.placement.device
    best, gain, why = replace(encoder, placement=Placement(device)), 1.0, []
    for way in ways(device):
        if way.reference:
            continue
        candidate = replace(encoder, placement=way)
        try:
            record = admit(candidate, (), cache, bar)
        except ParalbenchError as error:
            why.append(str(error))
            continue
        assert record is not None
        if record.speedup > gain:
            best, gain = candidate, record.speedup
    chosen = best.placement
    if chosen.reference:
        others = why[0] if why else "no other way is faster here"
        say(f"{card.id} is computed as {chosen.name}: {others}")
    else:
        say(f"{card.id} is computed as {chosen.name}, {gain:.1f} times as fast as fp32 in torch.")
    return best


def _first(card: ModelCard, clips: Iterable[Clip]) -> list[Waveform]:
    """The beginnings of the first clips that can be heard."""
    heard: list[Waveform] = []
    for clip in clips:
        if len(heard) == _HEARD:
            break
        try:
            block = next(decoding.blocks(clip, card.rate, min(card.policy.window, _SECONDS)))
        except (Refused, StopIteration):
            continue  # extraction names it; a clip without audio cannot be compared
        if len(block) >= card.policy.shortest * card.rate:
            heard.append(block)
    return heard


def _voices(card: ModelCard) -> list[Waveform]:
    """Generated voices, a woman and men, none longer than the model hears at a time."""
    rng = np.random.default_rng(0)
    return [
        speak(
            speaker(rng, "female" if number % 2 else "male"),
            Delivery(),
            max(card.policy.shortest, min(seconds, card.policy.window)),
            rng,
            card.rate,
        )
        for number, seconds in enumerate(_VOICES)
    ]


def _measured(encoder: LoadableEncoder, heard: list[Waveform], bar: Bar) -> Fidelity:
    voices = _voices(encoder.card)[: max(0, _HEARD - len(heard))]
    reference = replace(encoder, placement=Placement(encoder.placement.device)).load()
    fast = encoder.load()
    seconds = {"reference": 0.0, "fast": 0.0}
    cosines: list[Tensor] = []
    pooled: list[Tensor] = []
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as extraction runs them: a core for each clip
    try:
        for one in (reference, fast):
            one.encode([voices[0] if voices else heard[0]])  # what is compiled once is not timed
        for waveform in [*heard, *voices]:
            expected, seconds["reference"] = _timed(reference, waveform, seconds["reference"])
            found, seconds["fast"] = _timed(fast, waveform, seconds["fast"])
            if found.shape != expected.shape:
                raise CardError(
                    f"model '{encoder.card.id}': fp32 in torch gives {list(expected.shape)}, "
                    f"{encoder.placement.name} gives {list(found.shape)}."
                )
            cosines.append(cosine_similarity(found, expected, dim=-1))
            distance = (found.mean(1) - expected.mean(1)).norm(dim=-1)
            pooled.append(distance / expected.mean(1).norm(dim=-1).clamp_min(1e-12))
    finally:
        torch.set_num_threads(before)
    together = torch.cat(cosines, dim=1).double()
    if not together.isfinite().all():
        raise ParalbenchError(
            f"model '{encoder.card.id}' is not admitted as {encoder.placement.name}: it gives NaN or "
            f"infinity; leave out --precision and --runtime, or say --precision auto."
        )
    mean, least = together.mean(1), together.min(1).values
    admitted = bool((mean >= bar.mean).all() and (least >= bar.least).all())
    return Fidelity(
        encoder=encoder.identity,
        placement=encoder.placement.name,
        admitted=admitted,
        clips=len(heard),
        generated=len(voices),
        frames=together.shape[1],
        mean_cosine=_rounded(mean),
        least_cosine=_rounded(least),
        pooled_difference=_rounded(torch.stack(pooled).max(0).values),
        bar=asdict(bar),
        seconds={name: round(spent, 4) for name, spent in seconds.items()},
        hardware=hardware(),
        packages=packages(),
    )


def _timed(encoder: Encoder, waveform: Waveform, spent: float) -> tuple[Tensor, float]:
    began = time.perf_counter()
    (states,) = encoder.encode([waveform])
    on_cpu = states.cpu().float()
    return on_cpu, spent + time.perf_counter() - began


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 7) for value in values.tolist()]


def _file(encoder: LoadableEncoder, cache: Path) -> Path:
    here = json.dumps([encoder.placement.device, hardware(), packages()], sort_keys=True)
    machine = hashlib.sha256(here.encode()).hexdigest()
    return cache / "fidelity" / f"{encoder.identity[:32]}-{machine[:16]}.json"


def _kept(file: Path, bar: Bar) -> Fidelity | None:
    """A record made under the same bar; one that was cut short is made again."""
    try:
        found = Fidelity.checked(json.loads(file.read_text(encoding="utf-8")), str(file))
    except (FileNotFoundError, json.JSONDecodeError, CardError):
        return None
    return found if found.bar == asdict(bar) else None


def _keep(file: Path, record: Fidelity) -> None:
    write_atomically(file, record.model_dump_json(indent=1))
