"""Extraction into the store: each missing clip is decoded, encoded, reduced and appended in order.

On a CPU clips are encoded one by one at their own length, in parallel with one core each, so nothing
is padded, and a clip's features cannot depend on its neighbours. Products of four clips of a second at
once would take 37 % less time in whisper-tiny.en, but change the last bits of 1 % of their results (MKL).
Records are appended in the order of the plan, so a run that was killed and started again leaves the
same file, byte for byte, as an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from paralbench.audio.kept_audio import KeptAudio
from paralbench.encoders.loading import LoadableEncoder
from paralbench.features.decoding_ahead import decoded_ahead
from paralbench.features.engine import LOCAL, Engine
from paralbench.features.store import FeatureStore, Record
from paralbench.records.errors import Refused
from paralbench.records.example import Clip
from paralbench.system.progress import Progress

NO_NUMBERS = "it fills the store in the order of the plan, whoever computes"

_AHEAD = 64 * 2**20
"""Bytes of audio decoded while the model is loaded; 17 minutes at 16 kHz."""


@dataclass(frozen=True)
class Extraction:
    """The outcome of an extraction: the number of records made, and the refused clips' reasons."""

    made: int
    refused: Mapping[bytes, str]


def extract(
    encoder: LoadableEncoder,
    clips: Mapping[bytes, Clip],
    store: FeatureStore,
    *,
    renew: Sequence[bytes] = (),
    engine: Engine = LOCAL,
    quiet: bool = False,
    say: Callable[[str], None] = lambda message: None,
) -> Extraction:
    """Make the records that are missing from the store, and those in ``renew``.

    Args:
        encoder: computes the hidden states.
        clips: clips by key, in the order in which they are stored.
        store: receives the records.
        renew: keys whose stored record is damaged.
        engine: the engine; records do not depend on it.
        quiet: show no progress.
        say: called with messages for the user.

    Raises:
        CardError: where the encoder's output is not what its card says.
    """
    if not renew and clips.keys() <= store.keys():
        return Extraction(0, {})
    message = f"another process is extracting {encoder.card.id}; waiting for it."
    made, refused = 0, {}
    with store.writer(lambda: say(message)) as writer:
        valid = store.keys().difference(renew)
        missing = {key: clip for key, clip in clips.items() if key not in valid}
        if not missing:
            return Extraction(0, {})
        card, spec, device = encoder.card, store.key.spec, encoder.placement.device
        records: Iterator[tuple[bytes, Record | Refused]]
        if engine.kind == "ray":
            from paralbench.features import cluster

            records = cluster.records(encoder, spec, engine, missing)
        else:
            kept = engine.kept or KeptAudio(_AHEAD)
            with decoded_ahead(missing.values(), kept, card.rate):
                from paralbench.features.clip_encoder import ClipEncoder
                from paralbench.features.threads import Threads

                clip_encoder = ClipEncoder(encoder.load(), card, spec, store.folder)
            if engine.kept is None:
                kept.close()
            records = Threads(
                clip_encoder, card, engine.threads(device), engine.together(device),
                engine.decoders(device), kept,
            ).records(missing)  # fmt: skip
        with Progress(f"extracting {card.id}", len(missing), "clips", quiet) as progress:
            for key, record in records:
                if isinstance(record, Refused):
                    refused[key] = str(record)
                else:
                    writer.append(key, record)
                    made += 1
                progress.step()
    return Extraction(made, refused)
