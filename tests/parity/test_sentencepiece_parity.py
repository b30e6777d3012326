"""Our SentencePiece tokenizers: tokenizer.json against Hugging Face `tokenizers`, GGUF against `sentencepiece`, id for id.

One model is trained here by sentencepiece as Llama's was, one as Gemma's. Each is written as a GGUF, as converters write
it, and as the tokenizer.json of every family, with the merges that transformers' converter makes of it.
"""

import json
import random
import re
import unicodedata

import numpy
import pytest
import sentencepiece
from gguf import GGUFWriter
from sentencepiece import sentencepiece_model_pb2
from text_reference import HAND_PICKED, ROOT, ask, assert_same_ids, assert_same_texts, corpus
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers.tokenization_utils_base import generate_merges
from transformers.utils.chat_template_utils import render_jinja_template

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
PHI3 = ["<|endoftext|>", "<|assistant|>", "<|placeholder1|>", "<|system|>", "<|end|>", "<|user|>"]


def train(path, **options):
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").glob("**/*.hpp"))[:60]]
    lines = [line for text in texts for line in text.splitlines()] + [text for text in HAND_PICKED if "<" not in text and "\x00" not in text]
    settings = {
        "model_type": "bpe", "vocab_size": 3000, "byte_fallback": True, "normalization_rule_name": "identity", "remove_extra_whitespaces": False,
        "split_digits": True, "allow_whitespace_only_pieces": True, "character_coverage": 0.999, "minloglevel": 2, "num_threads": 1,
    }
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines * 3), model_prefix=str(path), **{**settings, **options})
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(path.with_suffix(".model").read_bytes())
    return sentencepiece.SentencePieceProcessor(model_file=str(path.with_suffix(".model"))), proto


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return train(tmp_path_factory.mktemp("llama") / "m")


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    runs = ["\n" * n for n in range(1, 32)] + ["▁" * n for n in range(2, 32)] + ["\t" * n for n in range(1, 32)]
    turns = ["<mask>", "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>"]
    return train(
        tmp_path_factory.mktemp("gemma") / "m", add_dummy_prefix=False, user_defined_symbols=turns + runs + ["<table>", "</table>"],
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
    )  # fmt: skip


# --- tokenizer.json ---------------------------------------------------------------------------------------------------


def converted(proto, *, normalized_specials=False, special=()):
    """As transformers' SpmConverter does it, without normalizer, pre_tokenizer and decoder."""
    scores = [(piece.piece, piece.score) for piece in proto.pieces]
    vocab = {piece: i for i, (piece, _) in enumerate(scores)}
    unknown = proto.trainer_spec.unk_piece
    made = Tokenizer(
        models.BPE(vocab, generate_merges(vocab, scores), unk_token=unknown, fuse_unk=True, byte_fallback=proto.trainer_spec.byte_fallback, dropout=None)
    )
    for piece in proto.pieces:
        if piece.type in (UNKNOWN, CONTROL) or piece.piece in special:
            made.add_special_tokens([AddedToken(piece.piece, normalized=normalized_specials, special=True)])
        elif piece.type == USER_DEFINED:
            made.add_tokens([AddedToken(piece.piece, normalized=False)])
    return made


def strip_decoder(strips=True):
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence(steps + ([decoders.Strip(content=" ", left=1)] if strips else []))


def gemma_tokenizer(proto):
    made = converted(proto, special=("<start_of_turn>", "<end_of_turn>"))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    made.decoder = strip_decoder(False)
    return made


def legacy(proto, **options):
    made = converted(proto, **options)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = strip_decoder()
    return made


def metaspace(proto, scheme, split=False):
    made = converted(proto)
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme, split=split)
    made.decoder = strip_decoder(scheme != "never")
    return made


def phi3(proto):
    made = legacy(proto)
    made.add_special_tokens([AddedToken(text, normalized=False, special=True, rstrip=text != PHI3[0]) for text in PHI3])
    made.add_tokens([AddedToken("</s>", normalized=False, rstrip=True)])
    return made


def mistral3(proto):
    made = metaspace(proto, "first")
    made.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in ("[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]")])
    return made


def odd(proto):
    made = legacy(proto, normalized_specials=True)
    made.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFC(), normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.add_tokens([AddedToken("<tool>", normalized=True), AddedToken("cat", single_word=True, normalized=False), AddedToken("é", single_word=True, lstrip=True)])
    return made


LLAMA_KINDS = {
    "llama-2, tinyllama, mistral v1": legacy,
    "older llama": lambda proto: legacy(proto, normalized_specials=True),
    "llama without the legacy flag": lambda proto: metaspace(proto, "first"),
    "a space behind every token": lambda proto: metaspace(proto, "always"),
    "no space in front": lambda proto: metaspace(proto, "never"),
    "cut into words": lambda proto: metaspace(proto, "always", split=True),
    "phi-3": phi3,
    "mistral v3": mistral3,
    "all oddities": odd,
}

MORE_PIECES = ["<s>", "</s>", "<unk>", " <s> ", "</s>\n\n", "<0x0A>", "<0x41>", "▁", "▁▁", *PHI3, "<|end|> \n x", "[INST]", "[/INST] a", "<tool>", "cat", "cats", " cat.", "é", "né"]
MORE_PIECES += ["\n\n\n", "     ", "\t\t", "<start_of_turn>user\n", "<end_of_turn>\n", "<bos>", "<eos>", "<pad>", "<table>", "</table>", "<unused1>", "<mask>"]


def texts_for(seed, count=5000):
    rng = random.Random(seed)
    texts = corpus(count, seed)
    for i in range(0, count, 3):
        texts.append("".join(rng.choice(MORE_PIECES + [text[:9] for text in HAND_PICKED]) for _ in range(rng.randint(1, 12))))
    return texts


@pytest.mark.parametrize("kind", LLAMA_KINDS)
def test_families_of_llama(kind, llama, tmp_path):
    LLAMA_KINDS[kind](llama[1]).save(str(tmp_path / "tokenizer.json"))
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    texts = texts_for(len(kind))
    assert_same_ids(["--folder", tmp_path], reference, texts, control=["</s>"] if kind == "phi-3" else [])
    # The reference decodes tokens that it looks for in normalized text to their normalized form, and does not skip them.
    changed = [token.content for token in reference.get_added_tokens_decoder().values() if token.normalized]
    unchanged = [text for text in texts if not any(token in unicodedata.normalize("NFC", text) for token in changed)]
    assert len(unchanged) > 5000
    assert_same_texts(["--folder", tmp_path], reference, unchanged)


def test_gemma(gemma, tmp_path):
    reference = gemma_tokenizer(gemma[1])
    reference.save(str(tmp_path / "tokenizer.json"))
    texts = texts_for(5)
    assert_same_ids(["--folder", tmp_path], reference, texts)
    assert_same_texts(["--folder", tmp_path], reference, texts)


def test_without_byte_fallback(tmp_path):
    processor, proto = train(tmp_path / "m", byte_fallback=False)
    reference = legacy(proto)
    reference.save(str(tmp_path / "tokenizer.json"))
    texts = texts_for(6)
    assert_same_ids(["--folder", tmp_path], reference, texts)
    gguf = write_gguf(tmp_path / "m.gguf", proto)
    answers = ask(["--gguf", gguf], [{"op": "encode", "text": text, "special": False} for text in texts])
    assert [answer["ids"] for answer in answers] == [processor.encode(text) for text in texts]


# --- GGUF -------------------------------------------------------------------------------------------------------------


def write_gguf(path, proto, *, name="test", prefix=True, extra=(), squeeze=False):
    """As converters write it: user-defined pieces with real spaces, added tokens behind the model's own."""
    writer = GGUFWriter(path, "llama")
    pieces = [(p.piece.replace("▁", " ") if p.type == USER_DEFINED else p.piece, p.score, p.type) for p in proto.pieces]
    pieces += [(text, -1000.0, CONTROL) for text in extra]
    writer.add_name(name)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([kind for _, _, kind in pieces])
    spec = proto.trainer_spec
    writer.add_bos_token_id(spec.bos_id)
    writer.add_eos_token_id(spec.eos_id)
    writer.add_unk_token_id(spec.unk_id)
    writer.add_add_space_prefix(prefix)
    if squeeze:
        writer.add_remove_extra_whitespaces(True)
    writer.add_tensor("token_embd.weight", numpy.zeros((1, 32), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def assert_like_sentencepiece(gguf, processor, texts):
    answers = ask(["--gguf", gguf], [{"op": "encode", "text": text, "special": False} for text in texts])
    expected = [processor.encode(text) for text in texts]
    for text, answer, ids in zip(texts, answers, expected, strict=True):
        assert answer.get("ids") == ids, (text, answer, ids)
    answers = ask(["--gguf", gguf], [{"op": "decode", "ids": ids} for ids in expected])
    # A space in front is dropped from texts that are decoded whole; sentencepiece keeps those that were written.
    for text, answer, ids in zip(texts, answers, expected, strict=True):
        assert answer["text"] == processor.decode(ids), (text, answer)


def test_gguf_of_llama(llama, tmp_path):
    processor, proto = llama
    gguf = write_gguf(tmp_path / "m.gguf", proto)
    assert_like_sentencepiece(gguf, processor, texts_for(7))
    [info] = ask(["--gguf", gguf], [{"op": "info"}])
    assert (info["size"], info["bos"], info["eos"], info["adds_bos"], info["stop"]) == (3000, 1, 2, True, [2])


def test_gguf_of_gemma(gemma, tmp_path):
    processor, proto = gemma
    turns = {"<mask>", "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>"}
    # Ours never reads a turn's token from plain text, sentencepiece does; and in a GGUF runs of spaces are tokens, not of "▁".
    texts = [text for text in texts_for(8) if "_of_turn" not in text and "▁" not in text]
    assert len(texts) > 5000 and any(token in text for text in texts for token in turns)
    assert_like_sentencepiece(write_gguf(tmp_path / "m.gguf", proto, prefix=False), processor, texts)


def test_gguf_that_squeezes_spaces(tmp_path):
    processor, proto = train(tmp_path / "m", remove_extra_whitespaces=True)
    texts = [text for text in texts_for(9, 2000) if "▁" not in text]
    answers = ask(["--gguf", write_gguf(tmp_path / "m.gguf", proto, squeeze=True)], [{"op": "encode", "text": text, "special": False} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert answer["ids"] == processor.encode(text), text


@pytest.mark.parametrize("name", ["TinyLlama", "Phi-3-mini"])
def test_gguf_with_control_tokens_in_the_text(name, llama, tmp_path):
    """As llama.cpp has it: a space goes in front of what follows a token; Phi-3's tokens take white space along."""
    processor, proto = llama
    gguf = write_gguf(tmp_path / "m.gguf", proto, name=name, extra=PHI3)
    ids = {piece.piece: i for i, piece in enumerate(proto.pieces) if piece.type in (UNKNOWN, CONTROL)}
    ids |= {text: len(proto.pieces) + i for i, text in enumerate(PHI3)}
    keeps = {"<unk>", "<s>", "<|endoftext|>"} if "Phi" in name else set(ids)
    token = "|".join(re.escape(text) + ("" if text in keeps else r"\s*") for text in ids)

    def expected(text):
        parts = re.split(f"({token})", text)
        return [i for n, part in enumerate(parts) for i in ([ids[part.rstrip() if part.rstrip() in ids else part]] if n % 2 else processor.encode(part))]

    texts = [text for text in texts_for(10) if not any(c in text for c in "\x1c\x1d\x1e\x1f")]  # Python's \s has these
    answers = ask(["--gguf", gguf], [{"op": "encode", "text": text, "special": True} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert answer["ids"] == expected(text), (text, answer)


def test_one_model_in_both_files_encodes_alike(llama, tmp_path):
    """Merging by score and by rank is one thing where no two scores are equal."""
    processor, proto = llama
    legacy(proto).save(str(tmp_path / "tokenizer.json"))
    gguf = write_gguf(tmp_path / "m.gguf", proto)
    requests = [{"op": "encode", "text": text, "special": False} for text in texts_for(11)]
    assert ask(["--folder", tmp_path], requests) == ask(["--gguf", gguf], requests)


# --- BOS and EOS in conversations ---------------------------------------------------------------------------------------

TEMPLATES = sorted((ROOT / "tests/unit/text/templates").glob("*.jinja"))


@pytest.mark.parametrize("family", TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("adds_bos", [True, False])
def test_no_conversation_has_its_bos_or_eos_twice(family, adds_bos, llama, tmp_path):
    phi3(llama[1]).save(str(tmp_path / "tokenizer.json"))
    template = family.read_text(encoding="utf-8")
    config = {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": adds_bos, "chat_template": template}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    turns = [("user", "Hi <s>"), ("assistant", "Hello </s></s>"), ("user", "</s>"), ("assistant", "Bye")]
    request = {"op": "chat", "turns": [{"role": role, "content": content, "taught": False} for role, content in turns]}
    [answer] = ask(["--folder", tmp_path], [request])
    assert "ids" in answer, answer
    ids = answer["ids"]
    # Llama 2 begins every question with one, most templates the conversation, some nothing.
    [text], _ = render_jinja_template([[{"role": role, "content": "x"} for role, _ in turns]], chat_template=template, bos_token="<s>", eos_token="</s>")
    written = text.count("<s>")
    assert ids.count(1) == (max(written, 1) if adds_bos else written)
    assert ids[:2] != [1, 1] and (not ids.count(1) or ids[0] == 1)
    assert ids.count(2) == text.count("</s>")
