import pytest

from paralbench.submission.plain_text import text_fault


@pytest.mark.parametrize(
    "text",
    [
        "HuBERT, base: 12 layers, 50 Hz; MIT",
        "Schröder et al.: Émotions, 2020. https://example.org/a/b?c=d",
        "MACs / s, and/or, km/h, 10 µs, Δ and Δ², 声音/情感, العربية",
        "Русский текст о голосе",
        "microseconds: 1.5 2.5\nsecond line\tand a tab",
        "facebook/wav2vec2-base",
        "trained at 1e-3, 3:2, a ratio 16:9",
    ],
)
def test_plain_text_has_no_fault(text: str) -> None:
    assert text_fault(text) == ""


@pytest.mark.parametrize(
    "hidden",
    [0xAD, 0x2060, 0x2028, 0x2029, 0x061C, 0x180E, 0x3164, 0xE0041, 0xE0001, 0x200B, 0x202E,
     0x2066, 0xFEFF, 0x115F, 0xFFA0, 0x2800, 0x034F, 0xFE0F, 0x07, 0x7F, 0x85, 0xE000],
)  # fmt: skip
def test_a_hidden_character_is_refused(hidden: int) -> None:
    assert "control characters" in text_fault(f"good{chr(hidden)}bad")


@pytest.mark.parametrize(
    "text", ["<b>", "&lt;", "java\tscript:alert(1)", "JAVA\nSCRIPT:x", "vbscript:x",
             "data:text/html,x", "file:///etc/passwd"],
)  # fmt: skip
def test_markup_is_refused(text: str) -> None:
    assert "markup" in text_fault(f"see {text}")


@pytest.mark.parametrize(
    "path",
    ["/work/x/y.wav", "/srv/data", "/scratch/me/a", "~/x", "~me/x", "\\\\server\\share\\x",
     "C:\\x", "C:/x", "../x", "./x", "/home/me", "/Users/me", "/x.wav", "'/mnt/a'", "=/opt/a/b"],
)  # fmt: skip
def test_a_path_of_a_machine_is_refused(path: str) -> None:
    assert "path of a machine" in text_fault(path)
    assert "path of a machine" in text_fault(f"cannot open {path}")


@pytest.mark.parametrize(
    "text", ["WavLM L\u0430rge", "H\u03bfBERT", "\u0421\u0410\u0420", "\uff57\uff41v", "𝐖avLM"]
)
def test_letters_that_look_like_others_are_refused(text: str) -> None:
    assert "one script" in text_fault(text)
