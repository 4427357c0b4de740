"""Admission of fast placements: each is compared with fp32 in torch, and the record is stored.

The same audio is encoded both ways on this machine. A placement below the bar is refused; nothing
falls back silently. A record holds for one encoder, machine and set of packages.
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
from paralbench.encoders.encoder import Waveform
from paralbench.encoders.loading import LoadableEncoder
from paralbench.encoders.native import placements
from paralbench.encoders.placement import Placement
from paralbench.records.errors import CardError, ParalbenchError, Refused
from paralbench.records.example import Clip
from paralbench.records.fidelity import Fidelity
from paralbench.records.model_card import ModelCard
from paralbench.results.provenance import hardware, packages
from paralbench.synthetic.voice import Delivery, speak, speaker
from paralbench.system.atomic_file import write_atomically

NO_NUMBERS = "it admits a placement or refuses it"

_WAVEFORMS = 8
_LONGEST_SECONDS = 15.0
_VOICE_SECONDS = (1.3, 2.9, 5.2)


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

    Measured on the first clips where the cache has no record of this machine under this bar, or
    only one of generated voices.

    Raises:
        ParalbenchError: where the placement is too far from fp32; the sentence has the numbers.
    """
    if encoder.placement.reference:
        return None
    waveforms = _waveforms(encoder.card, clips)
    machine = json.dumps([encoder.placement.device, hardware(), packages()], sort_keys=True)
    digest = hashlib.sha256(machine.encode()).hexdigest()
    file = cache / "fidelity" / f"{encoder.identity[:32]}-{digest[:16]}.json"
    record: Fidelity | None
    try:
        record = Fidelity.checked(json.loads(file.read_text(encoding="utf-8")), str(file))
    except (FileNotFoundError, json.JSONDecodeError, CardError):
        record = None  # a record that was cut short is made again
    if record is None or record.bar != asdict(bar) or (waveforms and not record.clips):
        record = _measure(encoder, waveforms, bar)
        write_atomically(file, record.model_dump_json(indent=1))
    if not record.admitted:
        raise ParalbenchError(
            f"model '{encoder.card.id}' is not admitted as {record.placement}: {record.summary}; "
            f"leave out --precision and --runtime, or use --precision auto."
        )
    return record


def fastest(
    encoder: LoadableEncoder, cache: Path, report: Callable[[str], None], bar: Bar = BAR
) -> LoadableEncoder:
    """The encoder on the fastest placement that is admitted for it here.

    Placements are timed and compared on generated voices; `admit` compares on the clips themselves.
    """
    card, device = encoder.card, encoder.placement.device
    best, gain, refusals = replace(encoder, placement=Placement(device)), 1.0, []
    for placement in placements(device):
        if placement.reference:
            continue
        candidate = replace(encoder, placement=placement)
        try:
            record = admit(candidate, (), cache, bar)
        except ParalbenchError as error:
            refusals.append(str(error))
            continue
        assert record is not None
        if record.speedup > gain:
            best, gain = candidate, record.speedup
    name = best.placement.name
    if best.placement.reference:
        reason = refusals[0] if refusals else "no other way is faster here"
        report(f"{card.id} is computed as {name}: {reason}")
    else:
        report(f"{card.id} is computed as {name}, {gain:.1f} times as fast as fp32 in torch.")
    return best


def _waveforms(card: ModelCard, clips: Iterable[Clip]) -> list[Waveform]:
    """The beginnings of the first clips that are long enough and can be decoded."""
    waveforms: list[Waveform] = []
    for clip in clips:
        if len(waveforms) == _WAVEFORMS:
            break
        seconds = min(card.policy.window, _LONGEST_SECONDS)
        try:
            block = next(decoding.blocks(clip, card.rate, seconds))
        except (Refused, StopIteration):
            continue  # extraction reports it
        if len(block) >= card.policy.shortest * card.rate:
            waveforms.append(block)
    return waveforms


def _voices(card: ModelCard) -> list[Waveform]:
    """Generated voices of women and men, none longer than the model's window."""
    rng = np.random.default_rng(0)
    return [
        speak(
            speaker(rng, "female" if number % 2 else "male"),
            Delivery(),
            max(card.policy.shortest, min(seconds, card.policy.window)),
            rng,
            card.rate,
        )
        for number, seconds in enumerate(_VOICE_SECONDS)
    ]


def _measure(encoder: LoadableEncoder, waveforms: list[Waveform], bar: Bar) -> Fidelity:
    """Encode the waveforms, filled up with generated voices, both ways."""
    voices = _voices(encoder.card)[: max(0, _WAVEFORMS - len(waveforms))]
    reference = replace(encoder, placement=Placement(encoder.placement.device))
    encoders = {"reference": reference.load(), "fast": encoder.load()}
    seconds = dict.fromkeys(encoders, 0.0)
    cosines: list[Tensor] = []
    pooled: list[Tensor] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in extraction: one core for each clip
    try:
        for loaded in encoders.values():
            loaded.encode([(voices or waveforms)[0]])  # compiling is not timed
        for waveform in [*waveforms, *voices]:
            states = {}
            for name, loaded in encoders.items():
                began = time.perf_counter()
                (output,) = loaded.encode([waveform])
                states[name] = output.cpu().float()
                seconds[name] += time.perf_counter() - began
            expected, actual = states["reference"], states["fast"]
            if actual.shape != expected.shape:
                raise CardError(
                    f"model '{encoder.card.id}': fp32 in torch gives {list(expected.shape)}, "
                    f"{encoder.placement.name} gives {list(actual.shape)}."
                )
            cosines.append(cosine_similarity(actual, expected, dim=-1))
            distance = (actual.mean(1) - expected.mean(1)).norm(dim=-1)
            pooled.append(distance / expected.mean(1).norm(dim=-1).clamp_min(1e-12))
    finally:
        torch.set_num_threads(threads)
    frames = torch.cat(cosines, dim=1).double()
    if not frames.isfinite().all():
        raise ParalbenchError(
            f"model '{encoder.card.id}' is not admitted as {encoder.placement.name}: it gives NaN or "
            f"infinity; leave out --precision and --runtime, or use --precision auto."
        )
    mean, least = frames.mean(1), frames.min(1).values
    return Fidelity(
        encoder=encoder.identity,
        placement=encoder.placement.name,
        admitted=bool((mean >= bar.mean).all() and (least >= bar.least).all()),
        clips=len(waveforms),
        generated=len(voices),
        frames=frames.shape[1],
        mean_cosine=_rounded(mean),
        least_cosine=_rounded(least),
        pooled_difference=_rounded(torch.stack(pooled).max(0).values),
        bar=asdict(bar),
        seconds={name: round(spent, 4) for name, spent in seconds.items()},
        hardware=hardware(),
        packages=packages(),
    )


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 7) for value in values.tolist()]
