"""What one would write to score a folder: transformers, librosa, scikit-learn, one file after another.

    python -m benchmarks.plain_screening WEIGHTS_FOLDER FOLDER

Windows of 30 s, padded as Whisper wants them, their hidden states' mean, a logistic regression. No
check of quality, no report. Prints a probability for each file.
"""

import sys
from pathlib import Path

import librosa
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from paralbench.encoders.compatibility import make_importable

make_importable()  # where torchaudio does not fit torch, transformers cannot be imported without it
from transformers import WhisperFeatureExtractor, WhisperModel  # noqa: E402

WINDOW = 30 * 16000


def main() -> None:
    """The head is fitted on noise: what it says means nothing, and takes as long."""
    extractor = WhisperFeatureExtractor()
    model = WhisperModel.from_pretrained(sys.argv[1]).eval()
    rng = np.random.default_rng(0)
    width = model.config.d_model
    head = LogisticRegression().fit(rng.normal(size=(40, width)), np.arange(40) % 2)
    for file in sorted(Path(sys.argv[2]).iterdir()):
        audio, _ = librosa.load(file, sr=16000)
        total, frames = np.zeros(width), 0
        for start in range(0, len(audio), WINDOW):
            window = audio[start : start + WINDOW]
            inputs = extractor(window, sampling_rate=16000, return_tensors="pt")
            with torch.no_grad():
                states = model.encoder(inputs.input_features).last_hidden_state[0]
            heard = max(1, len(window) // 320)
            total += states[:heard].sum(0).numpy()
            frames += heard
        print(file.name, head.predict_proba(total[None] / frames)[0, 1])


if __name__ == "__main__":
    main()
