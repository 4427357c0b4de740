"""The base of every file we read: strict, frozen, and refused with file and key named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from paralbench.records.errors import CardError
from paralbench.records.strict_text import parse_json, parse_toml

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._+-]{0,79}$")]
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class Card(BaseModel):
    """A validated file. Unknown keys are errors: a misspelt setting must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a card.

        Raises:
            CardError: naming the file and the key, for anything a card may not hold.
        """
        try:
            values = parse_toml(path.read_bytes(), any_form=True)
        except OSError as error:
            raise CardError(f"{path}: cannot be read ({error}).") from error
        except ValueError as error:
            raise CardError(f"{path}: {error}.") from error
        return cls.checked(values, path)

    @classmethod
    def from_json(cls, path: Path) -> Self:
        """Read a card kept as JSON; raises as :meth:`from_toml` does."""
        try:
            values = parse_json(path.read_bytes(), any_form=True)
        except OSError as error:
            raise CardError(f"{path}: cannot be read ({error}).") from error
        except ValueError as error:
            raise CardError(f"{path}: {error}.") from error
        return cls.checked(values, path)

    @classmethod
    def checked(cls, values: Any, where: Path | str) -> Self:
        """Validate what was read from ``where``, a file or words for the place."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise CardError(f"{where}: {_sentences(error)}") from error


def _sentences(error: ValidationError) -> str:
    said = []
    for problem in error.errors(include_url=False)[:5]:
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            said.append(f"unknown key '{key}'; check its spelling or remove it.")
        elif problem["type"] == "missing":
            said.append(f"the key '{key}' is missing.")
        elif problem["type"] == "value_error":
            place = f"key '{key}': " if key else ""
            said.append(f"{place}{problem['msg'].removeprefix('Value error, ')}.")
        elif not key:
            said.append(f"expected a table of keys, got {problem['input']!r:.80}.")
        else:
            said.append(f"key '{key}': {problem['msg']}, got {problem['input']!r:.80}.")
    more = error.error_count() - len(said)
    return " ".join(said) + (f" And {more} more." if more > 0 else "")
