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
    """A repository of the model hub at a pinned revision; safetensors only."""

    kind: Literal["hub"]
    repository: str
    revision: str
    sha256: Sha256 | None = None


class FolderWeights(Card):
    """A folder as ``save_pretrained`` writes it: config.json and safetensors."""

    kind: Literal["folder"]
    path: str


Weights = Annotated[PackageWeights | HubWeights | FolderWeights, Field(discriminator="kind")]


class Policy(Card):
    """How audio is fed, part of the encoder's identity.

    Longer input is cut into windows of ``window`` seconds whose frames are joined; a last piece
    shorter than ``shortest`` seconds is dropped and counted as audio not consumed. ``padding`` is
    "none" (a clip is heard at its own length) or "window" (filled with silence to the window).
    """

    window: float = Field(default=30.0, gt=0)
    shortest: float = Field(default=0.025, ge=0)
    padding: Literal["none", "window"] = "none"


class Training(Card):
    """A corpus the weights were trained or tuned on: the raw material of the contamination ledger."""

    corpus: Sentence
    how: Literal["pretrained", "tuned"]
    certainty: Certainty


class ModelCard(Card):
    """A frozen acoustic foundation model or feature set.

    ``layers`` counts every hidden state handed out, the embedding's output included; ``width`` is
    the size of each; ``frame_rate`` is frames per second, None where the model gives one frame a
    clip. ``parameters`` counts what is run (for Whisper the encoder alone).
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
    training: list[Training] = Field(default_factory=list)
    training_note: str = ""

    @model_validator(mode="after")
    def _learned_means_weights(self) -> ModelCard:
        if self.parameters and not self.weights and self.backend != "python":
            raise ValueError("a model with parameters must say where its weights come from")
        return self
