"""Common Voice: train.tsv, dev.tsv, test.tsv and clips/*.mp3 of a language's folder.

Cells are separated by tabs and never quoted: a sentence may begin with a quotation mark. What a
volunteer did not say about age, sex or accent is empty.
"""

from collections.abc import Iterator
from pathlib import Path

from paralbench.corpora.tables import lines
from paralbench.records.errors import ParalbenchError
from paralbench.records.example import Clip, Example, Refusal

_SEXES = {
    "male": "male", "male_masculine": "male", "female": "female", "female_feminine": "female",
}  # fmt: skip
_NEEDED = ("client_id", "path", "age", "gender")


def read(root: Path) -> Iterator[Example | Refusal]:
    """One Example a clip of the official split; the clips that are in no part are not read."""
    for part in ("train", "dev", "test"):
        table = lines(root / f"{part}.tsv")
        header, _ = next(table, ("", ""))
        names = header.split("\t")
        if missing := [name for name in _NEEDED if name not in names]:
            raise ParalbenchError(
                f"{root / f'{part}.tsv'}: expected a column '{missing[0]}', found: {', '.join(names)}."
            )
        for line, where in table:
            cells = [cell.strip() for cell in line.split("\t")]
            if len(cells) > len(names):
                reason = f"expected {len(names)} cells between tabs, got {len(cells)}"
                yield Refusal(line[:40], reason, where)
                continue
            # Trailing empty cells are stripped with the line.
            cells += [""] * (len(names) - len(cells))
            yield _clip(root, part, dict(zip(names, cells, strict=True)), where)


def _clip(root: Path, part: str, cells: dict[str, str], where: str) -> Example:
    file = cells["path"] if cells["path"].endswith(".mp3") else f"{cells['path']}.mp3"
    labels = {
        "sex": _SEXES.get(cells["gender"], ""),
        "age": cells["age"].replace("fourties", "forties"),
        "accent": cells.get("accents", cells.get("accent", "")),
    }
    known = {name: value for name, value in labels.items() if value}
    return Example(
        id=file.removesuffix(".mp3"),
        clips=(Clip(root / "clips" / file),),
        labels=known,
        groups={"speaker": cells["client_id"]},
        attributes={"language": cells.get("locale") or "en"}
        | {name: known[name] for name in ("sex", "age") if name in known},
        partition=part,
        source=where,
    )
