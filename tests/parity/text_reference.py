"""Texts on which tokenizers are compared, and our answers to them (bin/text_dump of a build: PMTUNE_BUILD, default build/release)."""

import json
import os
import random
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DUMP = Path(os.environ.get("PMTUNE_BUILD", ROOT / "build/release")) / "bin" / "text_dump"


def ask(arguments, requests):
    """The answers of one run of text_dump, one per request."""
    assert DUMP.exists(), f"{DUMP} is missing; build the target text_dump first"
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([DUMP, *arguments], input=lines.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- the corpus ------------------------------------------------------------------------------------------------------

HAND_PICKED = [
    "", " ", "  ", "\n", "\r\n", "\t", "a", " a", "a ", "  a  ", "\n\n\n", " \n \n ", "\t\tif x:\n\t\t\treturn\n",
    "Hello, world!", "I'm you're he'll we'd they've it's don't", "I'M YOU'RE HE'LL IT'S DON'T", "'s 't 're 've 'm 'll 'd",
    "’s ’t curly", "it'ſ long s", "'K kelvin K", "123", "1234567890", " 1 2 3", "3.14159", "1,234,567.89", "x2y3",
    "٠١٢٣٤٥٦٧٨٩", "१२३४", "①②③", "½ ⅓ ²³ Ⅷ", "你好，世界！", "こんにちは世界", "안녕하세요 세계", "北京2024年", "𠀀𠀁𪜶",
    "שלום עולם", "مرحبا بالعالم", "سلام ۱۲۳", "สวัสดีชาวโลก", "नमस्ते दुनिया", "বাংলা", "தமிழ்", "ກຂຄ", "ქართული", "አማርኛ",
    "Ελληνικά", "Привет, мир!", "ÀÉÎÕÜ ñ ç ß", "e\u0301 a\u0300\u0323 o\u0308", "Z\u0351\u036f\u0324a\u0321lgo",
    "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "\U0001F44D\U0001F3FD", "\U0001F1E9\U0001F1EA", "❤️", "☎︎",
    "\u200b\u200c\u200d\ufeff", "\u00a0nbsp\u00a0", "\u2003em\u2003space", "\u3000全角\u3000", "\u1680ogham", "\u180emvs\u180e ",
    "\x00\x01\x02\x1b[31m\x7f", "\x1c\x1d\x1e\x1f", "\x85next\x85", "\u2028line\u2029par", "\ufffd\uffff",
    "a" * 1000, " " * 300, "\n" * 200, "ab" * 500, "!?" * 300, "0" * 500, "é" * 400, "界" * 400, "\U0001F600" * 200,
    "def f(x):\n    return x ** 2  # square\n", "for (int i = 0; i < n; ++i) { a[i] += b[i]; }",
    "SELECT * FROM t WHERE a >= 'x' AND b <> \"y\";", "<div class=\"a b\">&nbsp;</div>", "{\"k\": [1, 2.5, null]}",
    "https://example.com/a?b=c&d=%20#e", "user@example.org", "C:\\Windows\\System32", "$\\frac{1}{2}$", "a\tb\tc", "snake_case_name",
    "camelCaseName", "<|im_start|>", "<|im_end|>", "x<|im_end|>y", "<|im_start|>user\nhi<|im_end|>\n", "<|im_end", "<|endoftext|>",
    "<|im_<|im_end|>end|>", "<|im_start|><|im_start|>", " <|im_end|> ", "<repo_name><file_sep><empty_output>",
    "<jupyter_code>print(1)<jupyter_output>1<empty_output>",
]

SCRIPTS = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58A), (0x591, 0x5F4),
    (0x600, 0x6FF), (0x700, 0x8FF), (0x900, 0x97F), (0x980, 0xDFF), (0xE01, 0xE5B), (0xE80, 0xFFF), (0x1000, 0x109F),
    (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x13A0, 0x167F), (0x1680, 0x18AF), (0x1E00, 0x1FFF),
    (0x2000, 0x206F), (0x2070, 0x218B), (0x2190, 0x2BFF), (0x2C00, 0x2FFF), (0x3000, 0x30FF), (0x3100, 0x33FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7A3), (0xE000, 0xE100), (0xF900, 0xFAFF),
    (0xFB00, 0xFFFF), (0x10000, 0x10FFF), (0x11000, 0x11FFF), (0x12000, 0x14FFF), (0x16000, 0x1BFFF), (0x1D000, 0x1D7FF),
    (0x1E000, 0x1EFFF), (0x1F000, 0x1FAFF), (0x20000, 0x2FFFF), (0x30000, 0x3FFFF), (0xE0000, 0xE01EF),
]
PIECES = [
    " ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "n't", "1", "42", "007", "a", "The", " the", "Hello", "ing", "_", "--", "...", "!",
    "?", "(", ")", "{", "}", "[", "]", "//", "/*", "*/", "#", "=", "==", "=>", "->", "::", ";", "<|", "|>", "<", ">", "\u00a0",
    "\u200d", "\ufe0f", "\u0301", "\U0001F600", "你", "の", "한", "ש", "ع", "ไ", "न", "\x00", "\x1f", "\x85", "\u2028", "<|im_end|>",
    "<|im_start|>", "<|endoftext|>", "<tool>", "<think>",
]


def any_character(rng):
    while True:
        code = rng.randrange(0x110000)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)


def from_script(rng):
    low, high = rng.choice(SCRIPTS)
    return "".join(
        rng.choice([chr(rng.randint(low, high)), chr(rng.randint(low, high)), " "]) for _ in range(rng.randint(1, 60))
    )


def corpus(count, seed):
    rng = random.Random(seed)
    texts = list(HAND_PICKED)
    documents = [path for path in sorted(ROOT.glob("src/**/*.[ch]pp")) + sorted(ROOT.glob("**/*.md"))]
    for path in documents[:60]:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        texts += ["".join(lines[i : i + 5]) for i in range(0, min(len(lines), 100), 5)]
    texts = texts[: count // 3]
    while len(texts) < count:
        kind = rng.randrange(4)
        if kind == 0:
            texts.append("".join(any_character(rng) for _ in range(rng.randint(1, 40))))
        elif kind == 1:
            texts.append(from_script(rng))
        elif kind == 2:
            texts.append("".join(rng.choice(PIECES) for _ in range(rng.randint(1, 40))))
        else:
            texts.append(from_script(rng) + rng.choice(PIECES) + any_character(rng) + rng.choice(PIECES) + from_script(rng))
    return texts


def assert_same_ids(arguments, reference, texts, control=()):
    """control: tokens that ours never makes of plain text, though their file does not call them special."""
    for special in (True, False):
        compared = texts if special else [text for text in texts if not any(token in text for token in control)]
        reference.encode_special_tokens = not special
        expected = [encoding.ids for encoding in reference.encode_batch(compared, add_special_tokens=False)]
        answers = ask(arguments, [{"op": "encode", "text": text, "special": special} for text in compared])
        for text, ids, answer in zip(compared, expected, answers, strict=True):
            assert answer.get("ids") == ids, (special, text, answer, ids)


def assert_same_texts(arguments, reference, texts):
    reference.encode_special_tokens = False
    id_lists = [encoding.ids for encoding in reference.encode_batch(texts, add_special_tokens=False)]
    for skip in (True, False):
        answers = ask(arguments, [{"op": "decode", "ids": ids, "skip_special": skip} for ids in id_lists])
        expected = [reference.decode(ids, skip_special_tokens=skip) for ids in id_lists]
        for text, ids, answer, want in zip(texts, id_lists, answers, expected, strict=True):
            assert answer.get("text") == want, (skip, text, ids, answer, want)
