"""A small data set as the hub holds it: parquet shards with audio inside; the adapter's inverse."""

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from paralbench.synthetic.corpus import begin
from paralbench.synthetic.emotion import delivery
from paralbench.synthetic.voice import Signal, speak, speaker

EMOTIONS = {"anger": "ang", "neutral": "neu", "sadness": "sad"}
"""Which delivery each class gets."""

_FEATURES = {
    "audio": {"_type": "Audio"},
    "label": {"_type": "ClassLabel", "names": list(EMOTIONS)},
    "speaker": {"_type": "Value", "dtype": "string"},
}


def synthesize(root: Path, seed: int = 0) -> None:
    """Write the data set below ``root``; the same bytes for the same seed."""
    rng = begin(root, "hf-dataset", seed)
    rows: dict[str, list[dict[str, object]]] = {"train": [], "test": []}
    for number in range(10):
        person = speaker(rng, "female" if number % 2 else "male", 25 + number)
        for turn in range(2):
            for label, emotion in enumerate(EMOTIONS.values()):
                signal = speak(person, delivery(emotion, rng, 0.9), 1.0, rng)
                sound = {"bytes": _wav(signal), "path": f"{number}_{turn}_{label}.wav"}
                split = "test" if number >= 7 else "train"
                rows[split].append({"audio": sound, "label": label, "speaker": f"s{number}"})
    metadata = {b"huggingface": json.dumps({"info": {"features": _FEATURES}}).encode()}
    (root / "data").mkdir(exist_ok=True)
    for split, examples in rows.items():
        table = pa.Table.from_pylist(examples).replace_schema_metadata(metadata)
        pq.write_table(table, root / "data" / f"{split}-00000-of-00001.parquet")


def _wav(signal: Signal) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, signal, 16000, format="WAV", subtype="PCM_16")
    return out.getvalue()
