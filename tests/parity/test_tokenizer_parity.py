"""Our tokenizer against Hugging Face `tokenizers`, id for id.

Byte-level tokenizers; test_sentencepiece_parity.py has the others. Needs SmolLM2 as a GGUF (see conftest.py).
"""

import json
import random

import numpy
import pytest
from gguf import GGUFWriter
from text_reference import HAND_PICKED, PIECES, ROOT, ask, assert_same_ids, assert_same_texts, corpus
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

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


# --- GGUF files made here: every name of a pre-tokenizer, against the chain in its models' own tokenizer.json --------------

TEKKEN = GPT4O.replace(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = QWEN2.replace(r"]?\p{L}+", r"]?[\p{L}\p{M}]+").replace(r"[^\s\p{L}\p{N}]", r"[^\s\p{L}\p{M}\p{N}]")
SEED = QWEN2.replace(r"[^\s\p{L}\p{N}]+[\r\n]*", r"[^\s\p{L}\p{N}\r\n]+")
DEEPSEEK_V3 = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK_LETTERS = (
    r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼ"
    r"ℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"
)
IDEOGRAPHS = "[一-龥ࠀ-一가-퟿]+"


def chain(*steps):
    made = [split(step) if isinstance(step, str) else step for step in steps]
    uses_gpt2 = isinstance(made[-1] if made else None, pre_tokenizers.ByteLevel)
    return pre_tokenizers.Sequence(made if uses_gpt2 else [*made, byte_level()])


def digits():
    return pre_tokenizers.Digits(individual_digits=True)


def gpt2():
    return pre_tokenizers.ByteLevel(add_prefix_space=False)


NAMED = {
    "gpt-2": lambda: chain(gpt2()),
    "olmo": lambda: chain(gpt2()),
    "smollm": lambda: chain(digits(), gpt2()),
    "refact": lambda: chain(digits(), gpt2()),
    "llama-bpe": lambda: chain(LLAMA3),
    "smaug-bpe": lambda: chain(LLAMA3),
    "qwen2": lambda: chain(QWEN2),
    "qwen35": lambda: chain(QWEN35),
    "stablelm2": lambda: chain(QWEN2),
    "gpt-4o": lambda: chain(GPT4O),
    "tekken": lambda: chain(TEKKEN),
    "bloom": lambda: chain(r" ?[^(\s|[.,!?…。，、।۔،])]+"),
    "seed-coder": lambda: chain(SEED),
    "deepseek-llm": lambda: chain(r"[\r\n]", DEEPSEEK_LETTERS, r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", IDEOGRAPHS, digits()),
    "deepseek-coder": lambda: chain(r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", IDEOGRAPHS, digits()),
    "deepseek-v3": lambda: chain(r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK_V3),
}
COMPOSING = {"olmo", "qwen2", "qwen35"}
IGNORING_MERGES = {"llama-bpe", "tekken"}


@pytest.fixture(scope="module")
def trained():
    return json.loads(train(pre_tokenizers.Sequence([split(GPT4O), byte_level()]), vocab=2500).to_str())


@pytest.mark.parametrize("name", NAMED)
def test_named_pre_tokenizers_of_gguf(name, trained, tmp_path):
    model = trained["model"]
    reference = Tokenizer(models.BPE(model["vocab"], [tuple(merge) for merge in model["merges"]], ignore_merges=name in IGNORING_MERGES))
    reference.pre_tokenizer = NAMED[name]()
    reference.decoder = decoders.ByteLevel()
    if name in COMPOSING:
        reference.normalizer = normalizers.NFC()
    reference.add_special_tokens([AddedToken("<|im_end|>", normalized=False, special=True)])
    tokens = [text for text, _ in sorted(reference.get_vocab(with_added_tokens=True).items(), key=lambda item: item[1])]
    writer = GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(name)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token == "<|im_end|>" else 1 for token in tokens])
    writer.add_token_merges([" ".join(merge) for merge in model["merges"]])
    writer.add_tensor("token_embd.weight", numpy.zeros((1, 32), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert_same_ids(["--gguf", tmp_path / "m.gguf"], reference, corpus(1500, seed=len(name)))


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
