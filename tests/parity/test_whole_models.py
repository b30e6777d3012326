"""A model of a family with the family's own tokenizer and chat template, used as a person does: the prompt is transformers' id for id,
training teaches the answer and the sign that ends it, what was learned is said in chat, and the adapter opens in PEFT."""

import json

import numpy as np
import pytest
import torch
from small_families import make
from test_engine_parity import LOGIT_TOLERANCE
from test_sentencepiece_parity import ROOT, gemma, gemma_tokenizer, legacy, llama, phi3  # noqa: F401 (gemma, llama are fixtures)

TEMPLATES = ROOT / "tests" / "unit" / "text" / "templates"
# family: (case of the model, trained vocabulary, its tokenizer.json, template, bos, eos, what ends an answer)
FAMILIES = {
    "phi3": ("phi3-longrope", "llama", phi3, "phi-3", "<s>", "<|endoftext|>", "<|end|>"),
    "llama-2": ("llama", "llama", legacy, "llama-2", "<s>", "</s>", "</s>"),
    "gemma3": ("gemma3", "gemma", gemma_tokenizer, "gemma-3", "<bos>", "<eos>", "<end_of_turn>"),
}


@pytest.fixture(scope="module", params=FAMILIES)
def whole(request, llama, gemma, tmp_path_factory):  # noqa: F811
    """(transformers' model, its tokenizer, pmtune's model, what ends an answer)"""
    import pmtune as pm
    from transformers import AutoTokenizer

    case, vocabulary, build, template, bos, eos, end = FAMILIES[request.param]
    proto = {"llama": llama, "gemma": gemma}[vocabulary][1]
    folder = tmp_path_factory.mktemp(request.param) / "model"
    model = make(case, vocab_size=3072)  # more than the tokenizer has
    model.get_output_embeddings().weight.data *= 6  # else no score could be far above the others
    model.save_pretrained(folder)
    build(proto).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": bos, "eos_token": eos, "chat_template": (TEMPLATES / f"{template}.jinja").read_text()}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    return model, AutoTokenizer.from_pretrained(folder), pm.Model.load(folder, weights="f32"), end


CONVERSATION = [{"role": "user", "content": "What  is a user story?\n\n- one\n"}, {"role": "assistant", "content": "A short wish, told from the user's side: “I want …”."},
                {"role": "user", "content": "Shorter <|end|> please"}, {"role": "assistant", "content": "A wish."}]


def test_the_prompt_is_transformers_own(whole):
    _, tokenizer, ours, _ = whole
    for messages in (CONVERSATION[:1], [*CONVERSATION[:2], {"role": "user", "content": "Shorter, please"}]):
        theirs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        assert list(ours.encode(messages, add_generation_prompt=True).ids) == list(theirs)


def test_the_answer_and_its_end_are_taught(whole):
    _, tokenizer, ours, end = whole
    encoded = ours.encode(CONVERSATION[:2])
    taught = [i for i, m in zip(encoded.ids, encoded.mask) if m]
    assert taught[-1] == tokenizer.convert_tokens_to_ids(end) or taught[-2] == tokenizer.convert_tokens_to_ids(end)
    text = tokenizer.decode(taught)
    assert CONVERSATION[1]["content"] in text and "user story" not in text
    assert list(encoded.ids) == list(tokenizer.apply_chat_template(CONVERSATION[:2], return_dict=False))
    assert list(encoded.ids).count(tokenizer.bos_token_id) <= 1


def test_every_answer_of_a_conversation_is_taught(whole):
    _, tokenizer, ours, end = whole
    encoded = ours.encode(CONVERSATION)
    text = tokenizer.decode([i for i, m in zip(encoded.ids, encoded.mask) if m])
    assert text.count(end) >= 2 and all(m["content"] in text for m in CONVERSATION if m["role"] == "assistant") and "Shorter" not in text


def test_what_was_taught_is_said(whole, tmp_path):
    import copy

    import pmtune as pm
    from peft import PeftModel

    model, _, ours, _ = whole
    rows = [{"prompt": f"Say {word}.", "completion": f"{word}!"} for word in ("north", "south", "east", "west")]
    config = pm.TrainConfig(epochs=300, batch_size=4, learning_rate=0.01, rank=16, alpha=32, validation=0, schedule="constant", warmup_ratio=0)
    result = pm.LoraTrainer(ours, config).train(pm.Dataset.from_list(rows))
    losses = [h["loss"] for h in result.history if h["event"] == "step"]
    print(f"loss {losses[0]:.2f} to {losses[-1]:.3f}")
    assert losses[-1] < 0.05 < losses[0]
    assert result.model.chat("Say east.", max_tokens=12, temperature=0).strip() == "east!"  # Llama 2 ends answers with a space
    result.model.save_adapter(tmp_path / "adapter")
    theirs = PeftModel.from_pretrained(copy.deepcopy(model), tmp_path / "adapter").eval()
    ids = list(ours.encode(CONVERSATION[:1], add_generation_prompt=True).ids)
    with torch.no_grad():
        reference = theirs(torch.tensor([ids])).logits[0].numpy()
    assert np.abs(result.model.logits(ids) - reference).max() < LOGIT_TOLERANCE * max(1, np.abs(reference).max() / 10)


