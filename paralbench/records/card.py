"""The base of all file records: strict, frozen, with errors that name file and key."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from paralbench.records.errors import CardError
from paralbench.records.strict_text import parse_json, parse_toml

T = TypeVar("T")

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._+-]{0,79}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class Card(BaseModel):
    """A validated file. Unknown keys are errors, so that a misspelt key is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a card; files of the same content share it.

        Raises:
            CardError: for an invalid card, with the file and the key.
        """
        return _read(path, cls._of_toml)

    @classmethod
    def from_json(cls, path: Path) -> Self:
        """Read a card stored as JSON; raises as :meth:`from_toml` does."""
        return _read(path, lambda content: cls.model_validate(parse_json(content, any_form=True)))

    @classmethod
    @lru_cache(maxsize=1024)
    def _of_toml(cls, content: bytes) -> Self:
        return cls.model_validate(parse_toml(content, any_form=True))

    @classmethod
    def checked(cls, values: Any, where: Path | str) -> Self:
        """Validate values read from ``where``, a file or a description of the place."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise CardError(f"{where}: {_sentences(error)}") from error


def _read(path: Path, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(path.read_bytes())
    except ValidationError as error:
        raise CardError(f"{path}: {_sentences(error)}") from error
    except OSError as error:
        raise CardError(f"{path}: cannot be read ({error}).") from error
    except ValueError as error:
        raise CardError(f"{path}: {error}.") from error


def _sentences(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False)[:5]:
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            sentences.append(f"unknown key '{key}'; check its spelling or remove it.")
        elif problem["type"] == "missing":
            sentences.append(f"the key '{key}' is missing.")
        elif problem["type"] == "value_error":
            place = f"key '{key}': " if key else ""
            sentences.append(f"{place}{problem['msg'].removeprefix('Value error, ')}.")
        elif not key:
            sentences.append(f"expected a table of keys, got {problem['input']!r:.80}.")
        else:
            sentences.append(f"key '{key}': {problem['msg']}, got {problem['input']!r:.80}.")
    more = error.error_count() - len(sentences)
    return " ".join(sentences) + (f" And {more} more." if more > 0 else "")
