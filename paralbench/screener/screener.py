"""The screener: an opened bundle, which assesses recordings."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load
from torch import Tensor

from paralbench.audio.decoding import DECODING
from paralbench.catalog import Catalog
from paralbench.encoders.encoder import Encoder
from paralbench.features.spec import FeatureSpec
from paralbench.heads import head as find_head
from paralbench.heads import settings as find_settings
from paralbench.heads.deployable import Deployable, Layout
from paralbench.records.admission import Admission
from paralbench.records.assessment import Assessment, Stretch
from paralbench.records.bundle import Manifest
from paralbench.records.errors import BundleError, ParalbenchError, Refused
from paralbench.records.example import Clip, Refusal
from paralbench.screener import answers, compiled, stretches
from paralbench.screener.answers import Answer
from paralbench.screener.blockwise_attention import in_blocks
from paralbench.screener.bundle import Bundle
from paralbench.screener.decision import decided, group
from paralbench.screener.encoder import card_of, restored
from paralbench.screener.gate import Gate
from paralbench.screener.novelty import Novelty
from paralbench.screener.recordings import Recording, Recordings
from paralbench.screener.self_check import check
from paralbench.screener.windows import Window, WindowBuffer, WindowReader, pooled
from paralbench.statistics.calibration import logit

_AHEAD = 4
_Computed = tuple[Answer, NDArray[np.float32], list[Stretch]]


class Screener:
    """Assesses recordings; :meth:`assess` may be called from several threads. Opens no socket.

    Make one with :meth:`open`. ``computed`` names how the encoder is computed, and why not faster.
    """

    def __init__(
        self,
        bundle: Bundle,
        reader: WindowReader,
        heads: Sequence[Deployable],
        novelty: Novelty | None,
        scratch: TemporaryDirectory[str] | None,
        pool: ThreadPoolExecutor | None,
        computed: str,
    ) -> None:
        self.computed = computed
        self._pool = pool
        self._bundle, self._reader, self._heads, self._novelty = bundle, reader, heads, novelty
        self._gate = Gate(bundle.manifest.limits)
        self._scratch = scratch  # holds the encoder's weights, and is removed with this object

    @classmethod
    def open(
        cls,
        path: Path | str,
        weights: Path | str | None = None,
        *,
        catalog: Catalog | None = None,
        sha256: str | None = None,
        threads: int | None = None,
        exact: bool = False,
    ) -> Screener:
        """Open a bundle: verify every member's hash, load encoder and heads, and run the self-check.

        Args:
            path: the bundle.
            weights: folder of the encoder's weights, where they are neither inside nor installed.
            catalog: where a model with its own adapter is found.
            sha256: the bundle's expected sha256, from its maker; None accepts any.
            threads: how many work on one recording; by default one a core.
            exact: compute the encoder as it was validated, where the bundle also has a faster way.

        Raises:
            BundleError: where the bundle is damaged, or this installation computes something else.
            ParalbenchError: where weights or packages are missing.
        """
        bundle = Bundle.open(Path(path), sha256)
        manifest = bundle.manifest
        head = find_head(manifest.head.head)
        settings = find_settings(manifest.head.head, manifest.head.settings)
        spec, expected = FeatureSpec(**manifest.features.pooling), head.spec(settings)
        if spec != expected or manifest.features.decoding != DECODING:
            raise BundleError(
                f"{bundle.path}: expected the features {expected.name} ({DECODING}) of this "
                f"paralbench, got {spec.name} ({manifest.features.decoding}); use paralbench "
                f"{manifest.origin.paralbench}."
            )
        card = card_of(bundle)
        layout = Layout((card,), spec, len(manifest.outcome.classes))
        heads = [
            head.deployable(load(bundle.read(name)), settings, layout)
            for name in manifest.head.members
        ]
        for deployed in heads:
            network = getattr(deployed, "network", None)
            if isinstance(network, torch.nn.Module):
                in_blocks(network)
        novelty = None
        if manifest.range is not None:
            novelty = Novelty.restored(load(bundle.read(manifest.range.member)))
        count = threads or os.cpu_count() or 1
        pool = None
        if count > 1:
            pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))

        def checked(encoder: Encoder, placement: str) -> WindowReader:
            reader = WindowReader(encoder, card, spec, head.cutting(settings), pool)
            check(bundle, reader, heads, placement)
            return reader

        reference, refusal = manifest.encoder, ""
        faster = None if exact or weights is not None else compiled.placement(reference.compiled)
        if faster is not None and reference.compiled is not None:
            try:
                member = bundle.read(reference.compiled.member)
                encoder = compiled.restored(reference.compiled, member, faster)
                reader = checked(encoder, faster.name)
                return cls(bundle, reader, heads, novelty, None, pool, faster.name)
            except BundleError as error:
                refusal = f" ({faster.name} is not admitted here: {str(error).rstrip('.')})"
        source = restored(bundle, None if weights is None else Path(weights), catalog)
        reader = checked(source.encoder.load(), reference.placement)
        computed = f"{reference.placement}{refusal}"
        return cls(bundle, reader, heads, novelty, source.scratch, pool, computed)

    @property
    def manifest(self) -> Manifest:
        """The bundle's description of itself."""
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
        """Assess recordings, then files, folders and CSV lists, each kind in the order given.

        Args:
            files: what to assess.
            workers: how many recordings at once; by default one per core.

        Raises:
            UsageError: for a path that does not exist.
        """
        inputs: list[Path | str | Recording] = (
            [files] if isinstance(files, str | Path) else list(files)
        )
        recordings = [item for item in inputs if isinstance(item, Recording)]
        paths = [Path(item) for item in inputs if not isinstance(item, Recording)]
        count = workers or os.cpu_count() or 1
        waiting: deque[Future[tuple[Recording, Assessment]]] = deque()
        threads = torch.get_num_threads()
        # One core per recording is faster than all cores on one, and gives the same numbers.
        torch.set_num_threads(1)
        pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
        try:
            for item in chain(recordings, Recordings(paths)):
                waiting.append(pool.submit(self._row, item))
                if len(waiting) > count + _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(threads)

    def _row(self, item: Recording | Refusal) -> tuple[Recording, Assessment]:
        if isinstance(item, Recording):
            return item, self.assess(item)
        recording = Recording(item.subject, Clip(Path(item.subject)), source=item.where)
        return recording, Assessment("not scored", item.reason, "unreadable")

    def assess(self, recording: Recording) -> Assessment:
        """Assess one recording; problems are reported, never raised."""
        gate = self._gated(recording.clip)
        computed: _Computed | Exception
        try:
            computed = self._answer(recording.clip, gate=gate)
        except Exception as error:  # noqa: BLE001 - raised below, unless the gate refuses the recording
            computed = error
        admission = gate.result()
        cause, reason = str(admission.cause), admission.reason
        if not cause:
            try:
                if isinstance(computed, Exception):
                    raise computed
                answer, record, heaviest = computed
                if not np.isfinite(answer).all():
                    cause, reason = "engine", "The head computed no finite number for it"
            except Refused as error:
                cause, reason = "encoder", f"The encoder cannot use it: {error}"
            except ParalbenchError as error:
                cause, reason = "engine", f"It could not be computed: {error}"
        if cause:
            reason = f"{reason.rstrip('.')}."
            return Assessment("not scored", reason, cause, quality=admission.quality)
        distance = None
        if self.manifest.range is not None and self._novelty is not None:
            distance = self._novelty.distance(record) / self.manifest.range.limit
        return replace(
            decided(self.manifest, answer, distance, group(self.manifest, recording.attributes)),
            warnings=admission.warnings,
            doubts=admission.doubts,
            quality=admission.quality,
            stretches=tuple(heaviest),
        )

    def raw(self, clip: Clip) -> Answer:
        """The heads' answer, not calibrated: probabilities [classes] or a value [1].

        Raises:
            Refused: for audio that the encoder cannot use.
        """
        return self._answer(clip, explain=False)[0]

    def _gated(self, clip: Clip) -> Future[Admission]:
        """The gate's admission: computed beside the answer where there are threads, else before it."""
        if self._pool is not None:
            return self._pool.submit(self._gate.check, clip)
        admitted: Future[Admission] = Future()
        admitted.set_result(self._gate.check(clip))
        return admitted

    def _answer(
        self, clip: Clip, explain: bool = True, gate: Future[Admission] | None = None
    ) -> _Computed:
        """The heads' answer, the pooled record, and the heaviest stretches of a long recording.

        Raises:
            Refused: for audio that the encoder cannot use, and as soon as the gate refuses it.
        """

        def go_on() -> None:
            if gate is not None and gate.done() and gate.result().cause:
                raise Refused("the gate refuses it")

        go_on()
        windows: list[Window] = []
        frames: list[list[Tensor]] = [[] for _ in self._heads]
        buffer = WindowBuffer()
        longest = self.manifest.limits.longest.refuse
        for window in self._reader.windows(clip):
            go_on()
            if gate is not None and longest is not None and window.start - clip.start > longest:
                # The gate refuses it too, but only at its end; until then its frames would be kept.
                raise Refused(f"it is longer than {longest:g} s")
            if window.values is not None:
                for mixed, head in zip(frames, self._heads, strict=True):
                    mixed.append(torch.from_numpy(buffer.put(head.mix(window.values).numpy())))
            mean, deviation = buffer.put(window.mean), buffer.put(window.deviation)
            windows.append(replace(window, mean=mean, deviation=deviation, values=None))
        if gate is not None:
            gate.result()
            go_on()
        record = pooled(windows)
        takes_frames = self.manifest.features.pooling["kind"] != "pooled"
        if takes_frames:
            answer = answers.of_frames(self._heads, windows, frames)
            if answer is None:
                raise Refused("it has no frame")
        else:
            answer = answers.of_record(self._heads, record)
        if not explain or sum(part.end - part.start for part in windows) < stretches.FROM_SECONDS:
            return answer, record, []
        outcome = self.manifest.outcome
        place = 0 if outcome.positive is None else outcome.classes.index(outcome.positive)
        slopes = [head.slope(place) for head in self._heads]
        linear = [slope for slope in slopes if slope is not None]

        def explained(answer: Answer) -> float:
            number = answer[[place]]
            return float((number if outcome.kind == "number" else logit(number))[0])

        if len(linear) == len(slopes) and self._novelty is not None:
            heaviest = stretches.of_linear(windows, np.mean(linear, axis=0), self._novelty.mean)
        elif takes_frames:
            heaviest = stretches.of_frames(windows, frames, self._heads, explained)
        else:
            heaviest = stretches.of_pooled(windows, self._heads, explained)
        return answer, record, heaviest
