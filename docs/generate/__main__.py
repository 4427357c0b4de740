"""``make docs``: write every generated file anew.

python -m docs.generate
"""

from __future__ import annotations

from docs.generate.pages import ROOT, generated


def main() -> None:
    """Write what differs, and say so."""
    for path, text in generated().items():
        file = ROOT / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"written: {path}")


if __name__ == "__main__":
    main()
