"""The engine that writes answers: its scores against transformers in every family, and that an answer is the same whatever
else is being answered, cached or guessed."""

import threading

import numpy as np
import pytest
import torch
from small_families import CASES, save
from test_families_parity import LENGTHS, draw, theirs

PROMPTS = [
    "Write a user story for password reset functionality.",
    "List three risks of launching a payment feature before the security review, then list them again in reverse order.",
    "Explain the difference between OKRs and KPIs to a new product manager.",
    "Repeat this sentence three times: The export button must be visible on every report page.",
    "Write a stakeholder update: the beta slipped by two weeks because of the data migration.",
    "Summarise the acceptance criteria of a search feature with filters.",
]


def chat(text):
    return [{"role": "system", "content": "You are the assistant of a product manager. Answer in a few sentences."}, {"role": "user", "content": text}]


@pytest.fixture(scope="module")
def model(smollm2_gguf):
    import pmtune as pm

    return pm.Model.load(smollm2_gguf, weights="file")


@pytest.fixture(scope="module")
def alone(model):
    """What each prompt is answered with on its own, by an engine without guesses."""
    import pmtune as pm

    engine = pm.Engine(model, batch_size=1, speculation=False)
    return [engine.generate(model, chat(prompt), max_tokens=48, logprobs=3) for prompt in PROMPTS]


def same(ours, reference):
    return list(ours.ids) == list(reference.ids) and ours.text == reference.text and ours.finish == reference.finish


@pytest.mark.parametrize("case", CASES)
def test_scores_of_every_family(case, tmp_path):
    """Log-probabilities at each step of a greedy answer, short and past the sliding windows and LongRoPE's limit."""
    import pmtune as pm

    reference = save(case, tmp_path / "model")
    model = pm.Model.load(tmp_path / "model", weights="f32")
    for length in LENGTHS:
        prompt = draw(length)
        text = model.detokenize(prompt, skip_special=False)
        ids = list(model.tokenize(text, special=True))
        answer = model.generate(text, max_tokens=12, min_tokens=12, logprobs=5)
        whole = ids + list(answer.ids)
        for step, token in enumerate(answer.scores):
            seen = whole[: len(ids) + step]
            expected = torch.log_softmax(torch.tensor(theirs(reference, seen)[-1][:256]), -1).numpy()  # the rest stands for no token
            assert abs(token["logprob"] - expected[token["id"]]) < 2e-4
            best = np.sort(expected)[::-1][:5]
            assert np.allclose([one["logprob"] for one in token["top"]], best, atol=2e-4)


def test_scores_of_blocks_are_near_those_of_the_numbers(model, smollm2):
    """Blocks are multiplied as whole numbers, what they are multiplied with in 8 bits: close to f32, not equal."""
    reference, _ = smollm2
    differences, divergences, agreed, count = [], [], 0, 0
    for prompt in PROMPTS:
        ids = list(model.encode(chat(prompt), add_generation_prompt=True).ids)
        answer = model.generate(chat(prompt), max_tokens=24, min_tokens=24, logprobs=20)
        whole = ids + list(answer.ids)
        with torch.no_grad():
            scores = torch.log_softmax(reference(torch.tensor([whole])).logits[0], -1).numpy()
        for step, token in enumerate(answer.scores):
            expected = scores[len(ids) + step - 1]
            differences += [abs(one["logprob"] - expected[one["id"]]) for one in token["top"][:5]]
            divergences.append(sum(np.exp(expected[one["id"]]) * (expected[one["id"]] - one["logprob"]) for one in token["top"]))
            agreed += token["top"][0]["id"] == int(expected.argmax())
            count += 1
    print(f"{count} tokens: log-probabilities of the five likeliest within {np.mean(differences):.3f} on average, {np.max(differences):.2f} at most; divergence {np.mean(divergences):.4f} nats; the likeliest is the same in {agreed}")
    assert np.mean(differences) < 0.12
    assert np.mean(divergences) < 0.005  # of the 20 likeliest
    assert agreed >= 0.94 * count


def test_answers_do_not_depend_on_company(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, batch_size=4, speculation=False)
    answers = [None] * len(PROMPTS)

    def ask(i):
        answers[i] = engine.generate(model, chat(PROMPTS[i]), max_tokens=48, logprobs=3)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(PROMPTS))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert all(same(ours, reference) for ours, reference in zip(answers, alone))
    assert all(ours.scores == reference.scores for ours, reference in zip(answers, alone)), "not bit for bit"


def test_answers_do_not_depend_on_the_cache(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, batch_size=2)
    for again in range(2):
        for prompt, reference in zip(PROMPTS, alone):
            answer = engine.generate(model, chat(prompt), max_tokens=48, logprobs=3)
            assert same(answer, reference) and answer.scores == reference.scores
            if again:
                assert answer.cached_tokens >= 32
    # A conversation goes on: what the first answer left in the cache serves the second question.
    longer = chat(PROMPTS[0]) + [{"role": "assistant", "content": alone[0].text}, {"role": "user", "content": "Shorter, please."}]
    warm = engine.generate(model, longer, max_tokens=32)
    cold = pm.Engine(model, speculation=False).generate(model, longer, max_tokens=32)
    assert warm.cached_tokens > cold.cached_tokens == 0
    assert same(warm, cold)
    forgetful = pm.Engine(model, prefix_cache=False)
    for _ in range(2):
        assert forgetful.generate(model, longer, max_tokens=4).cached_tokens == 0
    assert forgetful.stats()["cache_kept"] == 0


def test_answers_do_not_depend_on_guesses(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, speculation=True)
    guessed = 0
    for prompt, reference in zip(PROMPTS, alone):
        answer = engine.generate(model, chat(prompt), max_tokens=48, logprobs=3)
        assert same(answer, reference) and answer.scores == reference.scores
        guessed += answer.guessed_tokens
    assert guessed > 0
    for seed in range(3):
        options = dict(max_tokens=40, temperature=0.9, top_p=0.95, seed=seed)
        plain = pm.Engine(model, speculation=False).generate(model, chat(PROMPTS[3]), **options)
        assert same(engine.generate(model, chat(PROMPTS[3]), **options), plain)


def test_a_full_cache_makes_requests_wait(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, batch_size=6, cache_memory=9 * 32 * 23040)  # 288 tokens: two answers at a time
    answers = [None] * len(PROMPTS)

    def ask(i):
        answers[i] = engine.generate(model, chat(PROMPTS[i]), max_tokens=48)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(PROMPTS))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert all(same(ours, reference) for ours, reference in zip(answers, alone))
    with pytest.raises(pm.OutOfMemory, match="cache_memory"):
        engine.generate(model, chat(PROMPTS[0]), max_tokens=400)


def test_keys_of_8_bits(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, cache_precision="int8")
    answers = [engine.generate(model, chat(prompt), max_tokens=48, logprobs=1) for prompt in PROMPTS]
    firsts = [(ours.scores[0]["logprob"], reference.scores[0]["logprob"]) for ours, reference in zip(answers, alone)]
    assert all(abs(a - b) < 0.15 for a, b in firsts)
    assert engine.stats()["cache_capacity"] > 1.7 * pm.Engine(model).stats()["cache_capacity"]  # in the same memory


def test_adapters_side_by_side(smollm2_gguf, tmp_path):
    """Two adapters and the base at once: each answers as it does alone, and in f32 as PEFT does."""
    import pmtune as pm
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM

    base = pm.Model.load(smollm2_gguf, weights="f32")
    models = [base]
    for seed in (1, 2):
        torch.manual_seed(seed)
        reference = AutoModelForCausalLM.from_pretrained(str(smollm2_gguf.parent), gguf_file=smollm2_gguf.name, dtype=torch.float32)
        tuned = get_peft_model(reference, LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", init_lora_weights=False))
        tuned.save_pretrained(tmp_path / str(seed))
        models.append(base.load_adapter(tmp_path / str(seed)))
    ids = list(models[2].encode(chat(PROMPTS[0]), add_generation_prompt=True).ids)
    answer = models[2].generate(chat(PROMPTS[0]), max_tokens=6, min_tokens=6, logprobs=0)
    with torch.no_grad():
        scores = torch.log_softmax(tuned(torch.tensor([ids + list(answer.ids)])).logits[0], -1)
    for step, token in enumerate(answer.scores):
        assert abs(token["logprob"] - scores[len(ids) + step - 1, token["id"]].item()) < 2e-4
    alone = [m.generate(chat(PROMPTS[1]), max_tokens=16, logprobs=2) for m in models]
    engine = pm.Engine(base, batch_size=3)
    answers = [None] * 3

    def ask(i):
        answers[i] = engine.generate(models[i], chat(PROMPTS[1]), max_tokens=16, logprobs=2)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    for ours, reference in zip(answers, alone):
        assert same(ours, reference) and ours.scores == reference.scores
    assert len({tuple(a.ids) for a in answers}) == 3, "the adapters make no difference"


def test_sampling_options(model):
    import pmtune as pm

    first = model.generate(chat(PROMPTS[0]), max_tokens=1, logprobs=3).scores[0]
    best, second = first["top"][0]["id"], first["top"][1]["id"]
    assert first["id"] == best and sum(np.exp(one["logprob"]) for one in first["top"]) <= 1 + 1e-9
    forbidden = model.generate(chat(PROMPTS[0]), max_tokens=1, logit_bias=f'{{"{best}": -100}}', logprobs=3)
    assert forbidden.ids[0] == second
    assert forbidden.scores[0]["top"][0]["id"] == best, "log-probabilities are the model's own"
    stop = model.detokenize([model.generate(chat(PROMPTS[0]), max_tokens=3).ids[2]])
    cut = model.generate(chat(PROMPTS[0]), max_tokens=30, stop_tokens=[str(model.generate(chat(PROMPTS[0]), max_tokens=3).ids[2])])
    assert len(cut.ids) == 2 and cut.finish == "stop" and stop
    long = model.generate(chat("Say yes."), max_tokens=20, min_tokens=20)
    assert len(long.ids) == 20 and long.finish == "length"
    again = model.generate(chat("Say yes."), max_tokens=60, min_tokens=60, frequency_penalty=2.0)
    plain = model.generate(chat("Say yes."), max_tokens=60, min_tokens=60)
    assert len(set(again.ids)) > len(set(plain.ids))
    for wrong in (dict(logit_bias="[]"), dict(logit_bias='{"x": 1}'), dict(stop_tokens=["<|nothing|>"]), dict(logprobs=21)):
        with pytest.raises(pm.InvalidArgument):
            model.generate(chat("Say yes."), max_tokens=2, **wrong)


def test_several_answers(model):
    import pmtune as pm

    engine = pm.Engine(model, batch_size=4)
    options = dict(max_tokens=24, temperature=1.0, top_p=0.95, seed=5)
    answers = engine.generate_several(model, chat(PROMPTS[0]), 5, **options)
    means = [np.mean([one["logprob"] for one in answer.scores]) for answer in answers]
    assert means == sorted(means, reverse=True) and len({answer.text for answer in answers}) > 1
    alone = {model.generate(chat(PROMPTS[0]), **{**options, "seed": 5 + i}).text for i in range(5)}
    assert {answer.text for answer in answers} == alone
    with pytest.raises(pm.InvalidArgument, match="between 1 and 64"):
        engine.generate_several(model, chat(PROMPTS[0]), 0)


def test_json(model):
    import json

    import jsonschema
    import pmtune as pm

    schema = {
        "type": "object",
        "properties": {"title": {"type": "string", "maxLength": 60}, "priority": {"enum": ["low", "medium", "high"]}, "points": {"type": "integer", "minimum": 1, "maximum": 13}},
        "required": ["title", "priority", "points"],
    }
    question = chat("Describe a password reset story as JSON.")
    engine = pm.Engine(model)
    for options in (dict(), dict(temperature=1.2, seed=3), dict(temperature=1.2, seed=4, min_tokens=5)):
        answer = engine.generate(model, question, max_tokens=120, json_schema=json.dumps(schema), **options)
        assert answer.finish == "stop"
        jsonschema.validate(json.loads(answer.text), schema)
        assert same(pm.Engine(model, speculation=False).generate(model, question, max_tokens=120, json_schema=json.dumps(schema), **options), answer)
    free = engine.generate(model, question, max_tokens=200, response="json")
    assert free.finish == "length" or isinstance(json.loads(free.text), dict)
    with pytest.raises(pm.InvalidArgument):
        engine.generate(model, question, json_schema="{")
    with pytest.raises(pm.Unsupported, match="multipleOf"):
        engine.generate(model, question, json_schema=json.dumps({"type": "integer", "multipleOf": 7}))


def test_cancelling_and_errors_leave_the_engine_whole(model, alone):
    import pmtune as pm

    engine = pm.Engine(model, batch_size=2)
    pieces = []
    stopped = engine.generate(model, chat(PROMPTS[0]), max_tokens=48, on_token=lambda text: pieces.append(text) or len(pieces) < 4)
    assert stopped.finish == "cancelled" and stopped.text == "".join(pieces) and len(stopped.ids) == 4

    def raises(text):
        raise ValueError("of the host")

    with pytest.raises(ValueError, match="of the host"):
        engine.generate(model, chat(PROMPTS[0]), on_token=raises)
    with pytest.raises(pm.InvalidArgument, match="shorten the prompt"):
        engine.generate(model, "word " * 9000)
    other = pm.Model.load(model.info.source)
    with pytest.raises(pm.InvalidArgument, match="share the weights"):
        engine.generate(other, chat(PROMPTS[0]))
    assert same(engine.generate(model, chat(PROMPTS[0]), max_tokens=48), alone[0])
    stats = engine.stats()
    assert stats["running"] == stats["waiting"] == stats["cache_used"] == 0 and stats["cache_kept"] > 0
