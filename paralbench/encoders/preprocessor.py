"""preprocessor_config.json: the input that a model was trained with."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from paralbench.records.errors import ParalbenchError
from paralbench.system.third_party_code import first_line

FILE = "preprocessor_config.json"


class Preprocessor(BaseModel):
    """The keys relevant for one clip. ``mean`` and ``std`` are those of the spectrum (AST), by
    default AudioSet's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sampling_rate: int | None = None
    do_normalize: bool | None = None
    mean: float = -4.2677393
    std: float = 4.5689974

    @classmethod
    def of(cls, folder: Path) -> Preprocessor:
        """Read from a folder of weights; all defaults where it has no such file."""
        file = folder / FILE
        if not file.is_file():
            return cls()
        try:
            return cls.model_validate(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError) as error:
            raise ParalbenchError(f"{file}: cannot be read ({first_line(error)}).") from error
