"""The Asterisk prompts: <language>_<country>_<sex>_<name>/<prompt>.g722, raw G.722 at 16 kHz.

Only prompts recorded in both languages are read, so that what is said is balanced by design. The
speaker is one and the same person, which no other open pair of languages offers.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from paralbench.records.corpus_card import CorpusCard
from paralbench.records.example import Clip, Example

VOICES = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison"}


def read(root: Path) -> Iterator[Example]:
    """One Example a prompt and language."""
    card = CorpusCard.from_toml(Path(__file__).with_name("corpus.toml"))
    not_speech = card.errata[0].subjects
    prompts = {language: _prompts(root / voice) for language, voice in VOICES.items()}
    for prompt in sorted(set.intersection(*map(set, prompts.values()))):
        if any(fnmatch(prompt, pattern) for pattern in not_speech):
            continue
        for language in VOICES:
            yield Example(
                id=f"{language}/{prompt}",
                clips=(Clip(prompts[language][prompt]),),
                labels={"language": language},
                groups={"prompt": prompt, "speaker": "Allison"},
                attributes={"language": language, "sex": "female"},
            )


def _prompts(folder: Path) -> dict[str, Path]:
    return {
        file.relative_to(folder).with_suffix("").as_posix(): file
        for file in folder.rglob("*.g722")
        if not file.name.startswith("._")
    }
