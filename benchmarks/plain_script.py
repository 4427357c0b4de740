"""What a researcher writes in an afternoon: transformers, librosa, scikit-learn, one clip after another.

    python -m benchmarks.plain_script clips.csv WEIGHTS_FOLDER

clips.csv has the columns path, label, fold. Prints the UAR, the mean over folds.
"""

import csv
import sys

import librosa
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paralbench.encoders.compatibility import make_importable

make_importable()  # where torchaudio does not fit torch, transformers cannot be imported without it
from transformers import WhisperFeatureExtractor, WhisperModel  # noqa: E402


def main() -> None:
    """Features of every clip, then a logistic regression for every fold."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        rows = list(csv.DictReader(file))
    extractor = WhisperFeatureExtractor()
    model = WhisperModel.from_pretrained(sys.argv[2]).eval()
    features = []
    for row in rows:
        audio, _ = librosa.load(row["path"], sr=16000)
        inputs = extractor(audio, sampling_rate=16000, return_tensors="pt")  # pads to 30 s
        with torch.no_grad():
            states = model.encoder(inputs.input_features).last_hidden_state[0]
        features.append(states[: max(1, len(audio) // 320)].mean(0).numpy())
    table = np.stack(features)
    labels = np.array([row["label"] for row in rows])
    folds = np.array([row["fold"] for row in rows])
    scores = []
    for fold in sorted(set(folds)):
        test = folds == fold
        probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        probe.fit(table[~test], labels[~test])
        scores.append(recall_score(labels[test], probe.predict(table[test]), average="macro"))
    print(f"UAR {np.mean(scores):.4f}")


if __name__ == "__main__":
    main()
