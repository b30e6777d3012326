"""Examples over the context length: what is taught of them is what transformers' template and tokenizer make of the whole example, each
token once, in parts that fit."""

import json

import pytest

ANSWER = "\n\n".join(f"## Part {i}\n\n" + " ".join(f"Sentence {i}.{j} says what the team does about topic {i * j} next." for j in range(6)) for i in range(12))
LONG = [{"role": "system", "content": "Answer in the house style."}, {"role": "user", "content": "Write the plan."}, {"role": "assistant", "content": ANSWER}]
TURNS = [{"role": "system", "content": "Be brief."}] + [
    m for i in range(12) for m in ({"role": "user", "content": f"Question {i}: " + "why " * 20}, {"role": "assistant", "content": f"Answer {i}: " + "because " * 20})
]


@pytest.fixture(scope="module")
def rows(train_dump, smollm2_gguf, tmp_path_factory):
    def run(messages, limit, policy="split"):
        path = tmp_path_factory.mktemp("data") / "data.jsonl"
        path.write_text(json.dumps({"messages": messages}) + "\n", encoding="utf-8")
        return [json.loads(line) for line in train_dump("rows", smollm2_gguf, path, limit, policy).splitlines()]

    return run


def taught(row):
    return [i for i, m in zip(row["ids"], row["mask"]) if m]


def reference(tokenizer, messages):
    """(ids, taught ids) of the whole conversation."""
    ids = tokenizer.apply_chat_template(messages, return_dict=False)
    answers = []
    for i, message in enumerate(messages):
        if message["role"] == "assistant":
            before = len(tokenizer.apply_chat_template(messages[:i], add_generation_prompt=True, return_dict=False))
            after = len(tokenizer.apply_chat_template(messages[: i + 1], return_dict=False))
            answer = ids[before:after]
            answers += answer[: len(answer) - answer[::-1].index(tokenizer.eos_token_id)]
    return ids, answers


@pytest.mark.parametrize("limit", [100, 256, 700])
def test_a_long_answer(rows, smollm2, limit):
    tokenizer = smollm2[1]
    whole, answers = reference(tokenizer, LONG)
    question = tokenizer.apply_chat_template(LONG[:2], add_generation_prompt=True, return_dict=False)
    parts = rows(LONG, limit)
    assert len(whole) > limit and len(parts) > 1
    assert [i for part in parts for i in taught(part)] == answers
    for part in parts:
        assert len(part["ids"]) <= limit and part["ids"][: len(question)] == question
    # No part but the last teaches to stop; all but the last end where a paragraph does.
    assert [tokenizer.eos_token_id in taught(part) for part in parts] == [False] * (len(parts) - 1) + [True]
    ends = [tokenizer.decode(taught(part)) for part in parts[:-1]]
    assert all(end.endswith("\n") or end.endswith(".") for end in ends)
    if limit >= 256:
        assert all(end.endswith("\n\n") for end in ends)


def test_turns(rows, smollm2):
    tokenizer = smollm2[1]
    whole, answers = reference(tokenizer, TURNS)
    limit = len(whole) // 3
    parts = rows(TURNS, limit)
    assert [i for part in parts for i in taught(part)] == answers
    system = "system\nBe brief."
    for part in parts:
        text = tokenizer.decode(part["ids"])
        assert len(part["ids"]) <= limit and system in text
        assert text.rstrip().endswith("because <|im_end|>")
        assert text.count("<|im_start|>user") == text.count("<|im_start|>assistant")
    # What stands before is shown again as far as it fits.
    assert tokenizer.decode(parts[1]["ids"]).count("Answer") > tokenizer.decode(taught(parts[1])).count("Answer")


def test_what_fits_is_not_touched(rows, smollm2):
    whole, answers = reference(smollm2[1], LONG)
    (row,) = rows(LONG, len(whole))
    assert row["ids"] == whole and taught(row) == answers


def test_cut(rows, smollm2):
    whole, _ = reference(smollm2[1], LONG)
    (row,) = rows(LONG, 200, "truncate")
    assert row["ids"] == whole[:200]
