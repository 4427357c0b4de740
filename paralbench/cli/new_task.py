"""Create a corpus folder with one task; its example adapter reads a CSV or class folders.

With --data, its layout, examples and counts are those of the copy at hand.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from paralbench.cli.scaffold import add_folder, write
from paralbench.records.errors import UsageError

EXAMPLE = "paralbench new-task my-lab --in my-catalog --data recordings"

_CORPUS = """id = "{name}"
title = "{name}"
licence = "own agreement" # or an SPDX identifier
terms = "who may use the recordings, and how"
access = "own" # open, request, agreement, membership or own
obtain = "How to get the corpus; shown to users when it is not found."
citation = "the publication to cite"
{speakers}
# How the corpus folder is recognised, and which files in it are audio.
[layout]
markers = {markers}
names = [{folder}]
audio = {audio}
{facts}"""

_TASK = """id = "{name}-class"
version = 1
corpus = "{name}"
title = "Classes of {name}"
about = "What is to be recognised, and which cues could reveal the label without it."
term = "short" # how long the characteristic lasts: short (emotion), medium (depression), long (age)
{counts}
[target]
kind = "class" # class or number
label = "target"
{classes}

[protocol]
kind = "group-folds"
by = "speaker"
folds = 5
never_cross = ["speaker"]
cluster = "speaker"
development = { by = "speaker", share = 0.2 }

[metrics]
ranking = "uar"
report = ["uar", "wa", "macro-f1"]
"""

_ADAPTER = '''"""Reads the label files of {name} into Examples; it must not decode audio.

This example reads the same input as the task 'manifest': a CSV with the columns path, target,
speaker and so on, or a folder for each class.
"""

from collections.abc import Iterable
from pathlib import Path

from paralbench.corpora.manifest import read_manifest
from paralbench.records.example import Example, Refusal


def read(root: Path) -> Iterable[Example | Refusal]:
    """One Example per recording; a Refusal for a row that cannot be used."""
    return read_manifest({table})
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    add_folder(parser, "corpus")
    parser.add_argument(
        "--data", type=Path, metavar="PATH",
        help="a copy of the corpus, a CSV or a folder of class folders; layout and counts are taken from it",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write tasks/<name>/ in the catalogue folder."""
    folder = args.into / "tasks" / args.name.replace("-", "_")
    facts = _unknown() if args.data is None else _counted(args.data)
    files = {"corpus.toml": _CORPUS, "class.toml": _TASK, "adapter.py": _ADAPTER}
    for file, template in files.items():
        for key, text in facts.items():
            template = template.replace(f"{{{key}}}", text)
        files[file] = template
    write(folder, args.name, files)
    data = "YOUR.csv" if args.data is None else args.data
    verify = "" if args.data is None else (
        f"  paralbench verify --catalog {args.into} {args.name} {data}\n"
    )  # fmt: skip
    print(
        f"{folder} works as it is. Try:\n{verify}"
        f"  paralbench run --catalog {args.into} --task {args.name}-class --data {data} --model log-mel"
    )
    return 0


def _unknown() -> dict[str, str]:
    """The templates' gaps where there is no copy: empty lists to be filled in."""
    return {
        "speakers": "", "folder": "", "facts": "", "table": "root",
        "markers": '[] # such as ["labels.csv", "audio/*.wav"]',
        "audio": '[] # such as ["audio/*.wav"]; verify then lists files that no example uses',
        "counts": "# examples = 0 # of the whole corpus, and counts = { one = 0, other = 0 }\n",
        "classes": '# classes = ["one", "other"] # fixes the classes and their order; '
        "by default the data declare them",
    }  # fmt: skip


def _counted(data: Path) -> dict[str, str]:
    """The templates' gaps as the copy at ``data`` fills them."""
    from paralbench.corpora.manifest import read_manifest
    from paralbench.records.example import Example

    if not data.exists():
        raise UsageError(f"--data {data} does not exist; give a CSV or a folder of class folders.")
    examples = [item for item in read_manifest(data) if isinstance(item, Example)]
    if not examples:
        raise UsageError(f"--data {data} holds no example; expected a CSV or class folders.")
    root = data if data.is_dir() else data.parent
    table = data if data.is_file() else data / "manifest.csv"
    classes = Counter(str(example.labels["target"]) for example in examples)
    speakers = {example.groups.get("speaker") for example in examples}
    suffixes = {clip.path.suffix for example in examples for clip in example.clips}
    markers = [table.name] if table.is_file() else [f"{name}/*" for name in sorted(classes)]
    source = "counted by 'paralbench new-task' in the copy at hand"
    counts = _table(classes)
    return {
        "speakers": "" if None in speakers else f"speakers = {len(speakers)}\n",
        "folder": json.dumps(root.resolve().name),
        "markers": json.dumps(markers),
        "audio": json.dumps([f"**/*{suffix}" for suffix in sorted(suffixes)]),
        "facts": f'\n[[facts]]\nvalue = {len(examples)}\ncertainty = "computed"\nsource = "{source}"\n'
        f'\n[[facts]]\nby = "target"\nvalues = {counts}\ncertainty = "computed"\nsource = "{source}"\n',
        "table": "root" if table.name == "manifest.csv" or not table.is_file()
        else f"root / {json.dumps(table.name)}",
        "counts": f"examples = {len(examples)}\ncounts = {counts}\n",
        "classes": f"classes = {json.dumps(sorted(classes), ensure_ascii=False)}",
    }  # fmt: skip


def _table(counts: Mapping[str, int]) -> str:
    """Counts as a TOML table; a JSON string is a quoted key of it."""
    items = (f"{json.dumps(key, ensure_ascii=False)} = {counts[key]}" for key in sorted(counts))
    return f"{{ {', '.join(items)} }}"
