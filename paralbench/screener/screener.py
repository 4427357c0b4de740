"""The screener: a bundle that was opened, ready to say of recordings what it was validated to say."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load
from torch import Tensor

from paralbench.audio.decoding import DECODING
from paralbench.catalog import Catalog
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.records.assessment import Assessment, Stretch
from paralbench.records.bundle import Manifest
from paralbench.records.errors import BundleError, ParalbenchError, Refused
from paralbench.records.example import Clip, Refusal
from paralbench.records.quality import Quality
from paralbench.screener import stretches
from paralbench.screener.bundle import Bundle
from paralbench.screener.decision import decided
from paralbench.screener.deployed import Member, mean, member
from paralbench.screener.encoder import restored
from paralbench.screener.gate import Gate
from paralbench.screener.novelty import Novelty
from paralbench.screener.recordings import Recording, Recordings
from paralbench.screener.self_check import check
from paralbench.screener.windows import Window, WindowBuffer, WindowReader, pooled
from paralbench.statistics.calibration import logit

_AHEAD = 4


class Screener:
    """Assesses recordings; :meth:`assess` may be called from several threads. Opens no socket.

    Make one with :meth:`open`.
    """

    def __init__(
        self,
        bundle: Bundle,
        reader: WindowReader,
        members: Sequence[Member],
        novelty: Novelty | None,
    ) -> None:
        self._bundle, self._hearing, self._members = bundle, reader, list(members)
        self._novelty = novelty
        self._pooled = bundle.manifest.features.pooling["kind"] == "pooled"
        self._gate = Gate(bundle.manifest.limits)
        self._kept_alive: Any = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        weights: Path | str | None = None,
        *,
        catalog: Catalog | None = None,
        sha256: str | None = None,
    ) -> Screener:
        """Open a bundle: every member is proved by its hash, then encoder and head are loaded.

        Args:
            path: the bundle.
            weights: folder of the encoder's weights, where they are neither inside nor installed.
            catalog: where a model with an adapter of its own is found.
            sha256: what the bundle's hash must be, as its maker told it.

        Raises:
            BundleError: where the bundle is damaged, or what is installed is not what it was made with.
            ParalbenchError: where weights or packages are missing.
        """
        bundle = Bundle.open(Path(path), sha256)
        manifest = bundle.manifest
        spec, settings = _spec(bundle)
        found = restored(bundle, None if weights is None else Path(weights), catalog)
        card = found.encoder.card
        reader = WindowReader(
            found.encoder.load(), card, spec, find_head(manifest.head.head).cutting(settings)
        )
        classes = len(manifest.outcome.classes)
        members = [
            member(manifest.head.head, settings, card, spec, classes, load(bundle.read(name)))
            for name in manifest.head.members
        ]
        novelty = None
        if manifest.range is not None:
            novelty = Novelty.restored(load(bundle.read(manifest.range.member)))
        screener = cls(bundle, reader, members, novelty)
        screener._kept_alive = found.scratch
        check(bundle, reader, members)
        return screener

    @property
    def manifest(self) -> Manifest:
        """All that it says of itself."""
        return self._bundle.manifest

    @property
    def sha256(self) -> str:
        """The bundle's hash."""
        return self._bundle.sha256

    def score(
        self,
        files: Path | str | Iterable[Path | str | Recording],
        workers: int | None = None,
    ) -> Iterator[tuple[Recording, Assessment]]:
        """Assess files, folders and CSV lists, or recordings, one after the other and in their order.

        Args:
            files: what to assess.
            workers: how many recordings at once; one a core by default.

        Raises:
            UsageError: for a path that does not exist.
        """
        given = [files] if isinstance(files, str | Path) else list(files)
        count = workers or os.cpu_count() or 1
        waiting: deque[tuple[Recording, Future[Assessment]]] = deque()
        before = torch.get_num_threads()
        # A core a recording is faster than all cores on one, and gives the same numbers.
        torch.set_num_threads(1)
        pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
        try:
            for one in _recordings(given):
                if isinstance(one, Refusal):
                    refused: Future[Assessment] = Future()
                    refused.set_result(Assessment("not scored", one.reason, "unreadable"))
                    waiting.append(
                        (Recording(one.subject, Clip(Path(one.subject)), source=one.where), refused)
                    )
                else:
                    waiting.append((one, pool.submit(self.assess, one)))
                if len(waiting) > count + _AHEAD:
                    recording, future = waiting.popleft()
                    yield recording, future.result()
            while waiting:
                recording, future = waiting.popleft()
                yield recording, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(before)

    def assess(self, recording: Recording) -> Assessment:
        """Assess one recording. What is wrong with it is told, never raised."""
        admission = self._gate.check(recording.clip)
        if admission.cause:
            return Assessment(
                "not scored", admission.reason, admission.cause, quality=admission.quality
            )
        try:
            answer, record, weighed = self._heard(recording.clip)
        except Refused as reason:
            return _not_scored(f"The encoder cannot use it: {reason}", "encoder", admission.quality)
        except ParalbenchError as error:
            return _not_scored(f"It could not be computed: {error}", "engine", admission.quality)
        if not np.isfinite(answer).all():
            return _not_scored(
                "The head gave no finite number for it.", "engine", admission.quality
            )
        told = decided(self.manifest, answer, self._distance(record))
        return replace(
            told,
            warnings=admission.warnings,
            quality=admission.quality,
            stretches=tuple(weighed),
        )

    def raw(self, clip: Clip) -> NDArray[np.float64]:
        """What the heads say of a clip, nothing calibrated: probabilities [classes] or a value [1].

        Raises:
            Refused: for audio that the encoder cannot use.
        """
        return self._heard(clip, explain=False)[0]

    def _distance(self, record: NDArray[np.float32]) -> float | None:
        told = self.manifest.range
        if told is None or self._novelty is None:
            return None
        return self._novelty.distance(record) / told.limit

    def _heard(
        self, clip: Clip, explain: bool = True
    ) -> tuple[NDArray[np.float64], NDArray[np.float32], list[Stretch]]:
        """The heads' answer, the pooled record, and what weighed most."""
        windows: list[Window] = []
        mixed: list[list[Tensor]] = [[] for _ in self._members]
        buffer = WindowBuffer()
        for window in self._hearing.windows(clip):
            if window.values is not None:
                for kept, one in zip(mixed, self._members, strict=True):
                    kept.append(torch.from_numpy(buffer.put(one.mix(window.values).numpy())))
            mean_of, spread = buffer.put(window.mean), buffer.put(window.deviation)
            windows.append(replace(window, mean=mean_of, deviation=spread, values=None))
        record = pooled(windows)
        if self._pooled:
            answers = [one.answer([one.mix(record)]) for one in self._members]
        else:
            answers = [
                one.answer(stretches.utterances(windows, kept))
                for one, kept in zip(self._members, mixed, strict=True)
            ]
        seconds = sum(one.end - one.start for one in windows)
        weighed: list[Stretch] = []
        if explain and seconds >= stretches.FROM_SECONDS:
            weighed = self._weighed(windows, mixed)
        return mean(answers), record, weighed

    def _weighed(self, windows: list[Window], mixed: list[list[Tensor]]) -> list[Stretch]:
        outcome = self.manifest.outcome
        place = 0 if outcome.positive is None else outcome.classes.index(outcome.positive)
        slopes = [one.slope(place) for one in self._members]
        linear = [slope for slope in slopes if slope is not None]
        if len(linear) == len(slopes) and self._novelty is not None:
            return stretches.of_linear(windows, np.mean(linear, axis=0), self._novelty.mean)

        def explained(answer: NDArray[np.float64]) -> float:
            if outcome.kind == "number":
                return float(answer[0])
            return float(logit(answer[[place]])[0])

        if self._pooled:
            return stretches.of_pooled(windows, self._members, explained)
        return stretches.of_frames(windows, mixed, self._members, explained)


def _spec(bundle: Bundle) -> tuple[FeatureSpec, Any]:
    """What the head needs of a clip, and its settings.

    Raises:
        BundleError: where this paralbench would make other features than the bundle was made with.
    """
    manifest = bundle.manifest
    settings = find_settings(manifest.head.head, manifest.head.settings)
    told = manifest.features
    expected = find_head(manifest.head.head).spec(settings)
    spec = FeatureSpec(**told.pooling)
    if spec != expected or told.decoding != DECODING:
        raise BundleError(
            f"{bundle.path}: it was made with features that this paralbench makes in another way "
            f"({told.decoding}, {spec.name}; here {DECODING}, {expected.name}); use paralbench "
            f"{manifest.origin.paralbench}."
        )
    return spec, settings


def _not_scored(reason: str, cause: str, quality: Quality | None) -> Assessment:
    return Assessment("not scored", f"{reason.rstrip('.')}.", cause, quality=quality)


def _recordings(given: Iterable[Path | str | Recording]) -> Iterator[Recording | Refusal]:
    ready = list(given)
    paths = [Path(one) for one in ready if not isinstance(one, Recording)]
    yield from (one for one in ready if isinstance(one, Recording))
    if paths:
        yield from Recordings(paths)
