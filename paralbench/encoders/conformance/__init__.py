"""The conformance kit: checks that an encoder keeps the contract, one file a family of checks.

In a model's own test::

    def test_conformance() -> None:
        check_folder(Path(__file__).parent)

:func:`check_encoder` checks an encoder and a card that are in no folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from paralbench.catalog import Model
from paralbench.encoders.conformance import declared, independence, inputs, surroundings
from paralbench.encoders.conformance.subject import Failure, NotApplicable, NotLoaded, Subject
from paralbench.encoders.encoder import Encoder
from paralbench.encoders.loading import loadable
from paralbench.records.errors import ParalbenchError, UsageError
from paralbench.records.model_card import ModelCard
from paralbench.records.verdict import Finding
from paralbench.system.third_party_code import third_party

CHECKS: dict[str, Callable[[Subject], float | None]] = {
    check.__name__.replace("_", "-"): check
    for check in (
        surroundings.global_state, surroundings.network,
        declared.layers, declared.width, declared.dtype, declared.frame_rate,
        independence.batch, independence.padding, independence.repetition,
        independence.threads, independence.fresh_process,
        inputs.silence, inputs.shortest, inputs.stereo, inputs.rate_8000, inputs.rate_48000,
        inputs.receptive_limit, inputs.long_recording,
        surroundings.gradient, surroundings.eval_mode, surroundings.weights, surroundings.memory,
    )
}  # fmt: skip
"""Checks by name, in the order in which they run; those of loading come first."""

LONG = frozenset({"fresh-process", "receptive-limit", "long-recording", "memory"})
"""The checks that take most of the time; a quick examination leaves them out."""

LOAD = "load"
"""The name in a finding that reports why the encoder cannot be loaded."""


def checks(quick: bool = False) -> list[str]:
    """The names of the checks, in the order in which they run."""
    return [name for name in CHECKS if not (quick and name in LONG)]


def examination(subject: Subject, quick: bool = False) -> Iterator[Finding]:
    """Run the checks; where the encoder cannot be loaded, that is the last finding."""
    for name in checks(quick):
        finding = examine(subject, name)
        yield finding
        if finding.check == LOAD:
            return


def examine(subject: Subject, name: str) -> Finding:
    """Run one check; any error in it is a finding."""
    check = CHECKS[name]
    try:
        with third_party("it"):
            measured = check(subject)
    except NotLoaded as reason:
        return Finding(check=LOAD, outcome="failed", sentence=str(reason))
    except NotApplicable as reason:
        return Finding(check=name, outcome="not applicable", sentence=str(reason))
    except Failure as failure:
        return Finding(
            check=name, outcome="failed", sentence=str(failure), measured=failure.measured
        )
    except (ParalbenchError, ModuleNotFoundError) as error:
        return Finding(check=name, outcome="failed", sentence=str(error) or type(error).__name__)
    about = (check.__doc__ or name).strip().splitlines()[0]
    return Finding(check=name, outcome="passed", sentence=about, measured=measured)


def check_encoder(load: Callable[[], Encoder], card: ModelCard, only: str | None = None) -> None:
    """Run all checks, or one, on the encoder that ``load`` returns.

    Raises:
        AssertionError: with a sentence for each check that failed.
        UsageError: for a check that does not exist.
    """
    _examine(Subject(card, load), only)


def check_folder(folder: Path, only: str | None = None) -> None:
    """Run all checks, or one, on a model's folder with its card, its adapter and its weights.

    Raises:
        AssertionError, UsageError: as :func:`check_encoder` does.
        ParalbenchError: for a card that is not valid, or weights that are not here.
    """
    card = ModelCard.from_toml(folder / "model.toml")
    encoder = loadable(Model(folder, card))
    _examine(Subject(card, encoder.load, encoder.weights.path), only)


def _examine(subject: Subject, only: str | None) -> None:
    if only is not None and only not in CHECKS:
        raise UsageError(f"there is no check '{only}'; there are: {', '.join(CHECKS)}.")
    findings = [examine(subject, only)] if only else examination(subject)
    failures = [
        f"{finding.check}: {finding.sentence}"
        for finding in findings
        if finding.outcome == "failed"
    ]
    if failures:
        raise AssertionError("\n".join(failures))
