"""Our tokenizer against Hugging Face `tokenizers`, id for id.

Needs bin/text_dump of a build (PMTUNE_BUILD, default build/release) and SmolLM2 as a GGUF (see conftest.py).
"""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parents[2]
DUMP = Path(os.environ.get("PMTUNE_BUILD", ROOT / "build/release")) / "bin" / "text_dump"

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


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


def assert_same_ids(arguments, reference, texts):
    for special in (True, False):
        reference.encode_special_tokens = not special
        expected = [encoding.ids for encoding in reference.encode_batch(texts, add_special_tokens=False)]
        answers = ask(arguments, [{"op": "encode", "text": text, "special": special} for text in texts])
        for text, ids, answer in zip(texts, expected, answers, strict=True):
            assert answer.get("ids") == ids, (special, text, answer, ids)


def assert_same_texts(arguments, reference, texts):
    reference.encode_special_tokens = False
    id_lists = [encoding.ids for encoding in reference.encode_batch(texts, add_special_tokens=False)]
    for skip in (True, False):
        answers = ask(arguments, [{"op": "decode", "ids": ids, "skip_special": skip} for ids in id_lists])
        expected = [reference.decode(ids, skip_special_tokens=skip) for ids in id_lists]
        assert [answer["text"] for answer in answers] == expected


# --- SmolLM2 from its GGUF -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smollm2_reference(smollm2_gguf):
    """The reference, put together by hand: transformers' own GGUF conversion forgets the Digits step."""
    from gguf import GGUFReader

    fields = GGUFReader(smollm2_gguf).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    reference = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    reference.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    reference.decoder = decoders.ByteLevel()
    reference.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, kinds) if kind == 3]
    )
    return reference


def test_smollm2_encodes_alike(smollm2_gguf, smollm2_reference):
    texts = corpus(8000, seed=1)
    assert len(texts) >= 5000
    assert_same_ids(["--gguf", smollm2_gguf], smollm2_reference, texts)


def test_smollm2_decodes_alike(smollm2_gguf, smollm2_reference):
    whole = [text for text in corpus(2000, seed=2) if smollm2_reference.decode(smollm2_reference.encode(text).ids, skip_special_tokens=False) == text]
    assert len(whole) > 1000
    assert_same_texts(["--gguf", smollm2_gguf], smollm2_reference, whole)


def test_smollm2_knows_its_special_tokens(smollm2_gguf):
    [info] = ask(["--gguf", smollm2_gguf], [{"op": "info"}])
    assert (info["size"], info["bos"], info["eos"], info["adds_bos"]) == (49152, 1, 2, False)
    assert info["stop"] == [2, 0]  # <|im_end|>, <|endoftext|>
    assert "<|im_start|>" in info["template"]


# --- tokenizer.json files made here ----------------------------------------------------------------------------------


def train(pre_tokenizer, *, normalizer=None, ignore_merges=False, vocab=1200):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").glob("**/*.hpp"))[:40]]
    # Not from texts with control tokens: BPE would learn to spell them, and ours never makes one from plain text.
    texts += [text for text in HAND_PICKED if "<|" not in text]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, normalized=False) for text in ("<|im_start|>", "<|im_end|>", "<|endoftext|>")]
    )
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("<think>", normalized=True)])
    return tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior=behavior, invert=invert)


def byte_level():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


KINDS = {
    "gpt2": lambda: train(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "gpt2 with a space in front": lambda: train(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "digits": lambda: train(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    ),
    "digits in runs": lambda: train(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=True)])
    ),
    "llama3": lambda: train(pre_tokenizers.Sequence([split(LLAMA3), byte_level()]), ignore_merges=True),
    "qwen2": lambda: train(pre_tokenizers.Sequence([split(QWEN2), byte_level()]), normalizer=normalizers.NFC()),
    "gpt4o": lambda: train(pre_tokenizers.Sequence([split(GPT4O), byte_level()])),
    "bloom": lambda: train(pre_tokenizers.Sequence([split(r" ?[^(\s|.,!?…。，、।۔،)]+"), byte_level()])),
    "punctuation": lambda: train(pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), byte_level()])),
    "removed": lambda: train(pre_tokenizers.Sequence([split(r"\s+", "removed"), byte_level()])),
    "merged with previous": lambda: train(pre_tokenizers.Sequence([split(r"\s", "merged_with_previous"), byte_level()])),
    "merged with next": lambda: train(pre_tokenizers.Sequence([split(r"\s", "merged_with_next"), byte_level()])),
    "contiguous": lambda: train(pre_tokenizers.Sequence([split(r"\d", "contiguous"), byte_level()])),
    "inverted": lambda: train(pre_tokenizers.Sequence([split(r"\p{L}+", "removed", True), byte_level()])),
    "empty matches": lambda: train(pre_tokenizers.Sequence([split(r"(?=(\d{3})+(?!\d))"), byte_level()])),
    "a plain string": lambda: train(
        pre_tokenizers.Sequence([pre_tokenizers.Split("a.", "isolated"), pre_tokenizers.Split(" ", "merged_with_next"), byte_level()])
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_made_tokenizers_encode_and_decode_alike(kind, tmp_path):
    reference = KINDS[kind]()
    reference.save(str(tmp_path / "tokenizer.json"))
    texts = corpus(5000, seed=len(kind))
    assert_same_ids(["--folder", tmp_path], reference, texts)
    # Their decoders replace half characters alike only where the bytes are whole characters.
    assert_same_texts(["--folder", tmp_path], reference, [text for text in HAND_PICKED if text.isprintable()])


def test_merges_may_be_written_either_way(tmp_path):
    reference = KINDS["gpt2"]()
    written = json.loads(reference.to_str())
    written["model"]["merges"] = [" ".join(merge) for merge in written["model"]["merges"]]
    (tmp_path / "tokenizer.json").write_text(json.dumps(written), encoding="utf-8")
    assert_same_ids(["--folder", tmp_path], reference, corpus(500, seed=3))


def test_stripping_added_tokens(tmp_path):
    reference = train(pre_tokenizers.ByteLevel(add_prefix_space=False))
    reference.add_special_tokens([AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False)])
    reference.save(str(tmp_path / "tokenizer.json"))
    rng = random.Random(5)
    parts = ["<l>", "<r>", " ", "\n", "\u3000", "a", "word", "<|im_end|>", "<tool>", "<think>"]
    texts = ["".join(rng.choice(parts) for _ in range(rng.randint(1, 12))) for _ in range(3000)]
    assert_same_ids(["--folder", tmp_path], reference, texts)


def test_configuration_beside_a_tokenizer(tmp_path):
    reference = KINDS["gpt2"]()
    reference.save(str(tmp_path / "tokenizer.json"))
    templates = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    config = {"bos_token": "<|im_start|>", "eos_token": {"content": "<|im_end|>"}, "add_bos_token": True, "chat_template": templates}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    [info] = ask(["--folder", tmp_path], [{"op": "info"}])
    assert info["bos"] == reference.token_to_id("<|im_start|>") and info["adds_bos"]
    assert info["eos"] == reference.token_to_id("<|im_end|>")
    assert info["stop"] == [info["eos"], reference.token_to_id("<|endoftext|>")]
    assert info["template"] == "yes"
    (tmp_path / "chat_template.jinja").write_text("beside", encoding="utf-8")
    [other] = ask(["--folder", tmp_path], [{"op": "info"}])
    assert other["template"] == "beside" and other["fingerprint"] != info["fingerprint"]


def test_a_users_words_never_become_control_tokens(smollm2_gguf, smollm2_reference):
    rng = random.Random(7)
    requests = []
    for _ in range(300):
        words = ["".join(rng.choice(PIECES) for _ in range(rng.randint(0, 12))) for _ in range(2)]
        requests.append({"op": "chat", "turns": [{"role": "user", "content": words[0]}, {"role": "assistant", "content": words[1]}]})
    control = {token for token in range(smollm2_reference.get_vocab_size()) if token <= 16}
    for request, answer in zip(requests, ask(["--gguf", smollm2_gguf], requests), strict=True):
        assert "ids" in answer, answer
        kept = [token for token in answer["ids"] if token in control]
        assert kept == [1, 2, 1, 2, 1, 2], request  # system, user, assistant: opened and closed, nothing else
        taught = [token for token, mask in zip(answer["ids"], answer["mask"]) if mask]
        assert taught[-1] == 2 and control.isdisjoint(taught[:-1])
        if not any(special in turn["content"] for turn in request["turns"] for special in ("<|im_start|>", "<|im_end|>", "<|endoftext|>")):
            prompt, _, rest = answer["text"].rpartition("<|im_start|>assistant\n")
            smollm2_reference.encode_special_tokens = False
            assert answer["ids"][: answer["mask"].index(1)] == smollm2_reference.encode(prompt + "<|im_start|>assistant\n").ids
