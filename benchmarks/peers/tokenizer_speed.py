"""Encoding by pmtune and by Hugging Face `tokenizers`, on one thread, interleaved in one run.

Three kinds: byte-level BPE (Llama 3's cuts), SentencePiece BPE (Llama 2's files), and Gemma's with its runs of spaces as tokens; each trained here
on this repository's own texts. Short texts are paragraphs, as in chats; the long one is all of them in one. Prints MB/s, and the ratio of
the two for each pair of rounds: its median, least and greatest.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "parity"))

import test_sentencepiece_parity as sentencepiece_families  # noqa: E402
import test_tokenizer_parity as byte_level_families  # noqa: E402
from text_reference import DUMP  # noqa: E402
from tokenizers import Tokenizer, normalizers, pre_tokenizers  # noqa: E402


def texts():
    files = sorted(ROOT.glob("**/*.md")) + sorted((ROOT / "src").glob("**/*.[ch]pp")) + sorted((ROOT / "examples").glob("*.jsonl"))
    joined = "\n\n".join(path.read_text(encoding="utf-8") for path in files if ".venv" not in path.parts and "build" not in path.parts)
    return [part for part in joined.split("\n\n") if part]


def gemma(folder):
    runs = ["\n" * n for n in range(1, 32)] + ["▁" * n for n in range(2, 32)]
    options = {"pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "pad_piece": "<pad>", "eos_piece": "<eos>", "bos_piece": "<bos>"}
    _, proto = sentencepiece_families.train(folder / "m", vocab_size=6000, add_dummy_prefix=False, user_defined_symbols=runs, **options)
    made = sentencepiece_families.converted(proto)
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = sentencepiece_families.strip_decoder(False)
    return made


KINDS = {
    "byte-level (Llama 3)": lambda folder: byte_level_families.train(
        pre_tokenizers.Sequence([byte_level_families.split(byte_level_families.LLAMA3), byte_level_families.byte_level()]), ignore_merges=True, vocab=6000
    ),
    "SentencePiece (Llama 2)": lambda folder: sentencepiece_families.legacy(sentencepiece_families.train(folder / "m", vocab_size=6000)[1]),
    "SentencePiece (Gemma)": gemma,
}


class Ours:
    def __init__(self, folder):
        self.process = subprocess.Popen([DUMP, "--folder", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def time(self, parts):
        self.process.stdin.write(json.dumps({"op": "time", "texts": parts}).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["tokens"]


def time_theirs(tokenizer, parts):
    start = time.perf_counter()
    encodings = tokenizer.encode_batch_fast(parts, add_special_tokens=False)  # their quickest: without offsets
    return time.perf_counter() - start, sum(len(encoding) for encoding in encodings)


def main(rounds=9):
    parts = texts()
    for kind, make in KINDS.items():
        with tempfile.TemporaryDirectory() as name:
            make(pathlib.Path(name)).save(f"{name}/tokenizer.json")
            theirs, ours = Tokenizer.from_file(f"{name}/tokenizer.json"), Ours(name)
            for length, given in (("short texts", parts), ("one long text", ["\n\n".join(parts)])):
                size = sum(len(part.encode()) for part in given) / 1e6
                pairs = [(ours.time(given), time_theirs(theirs, given)) for _ in range(rounds)]
                assert all(one[1] == other[1] for one, other in pairs), "the two do not make the same tokens"
                speed = [[size / seconds for seconds, _ in side] for side in zip(*pairs)]
                ratios = sorted(one / other for one, other in zip(*speed))
                print(
                    f"{kind}, {length} ({size:.2f} MB): pmtune {statistics.median(speed[0]):.1f}, tokenizers {statistics.median(speed[1]):.1f} MB/s;"
                    f" ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True
                )  # fmt: skip


if __name__ == "__main__":
    main()
