"""Models that are almost what pmtune knows: a tensor more or less, a feature that would change the numbers, a base for another adapter."""

import json
from pathlib import Path

import numpy as np
import pmtune as pm
import pytest
from safetensors.numpy import load_file, save_file
from small_model import random_model


@pytest.fixture
def folder(tmp_path):
    random_model(tmp_path / "model")
    return tmp_path / "model"


def change_tensors(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_one_tensor_more(folder):
    change_tensors(folder, lambda t: t.update({"model.layers.1.self_attn.q_norm.weight": np.ones(32, np.float32)}))
    with pytest.raises(pm.Unsupported, match=r"model\.layers\.1\.self_attn\.q_norm\.weight"):
        pm.Model.load(folder)


def test_one_tensor_less(folder):
    change_tensors(folder, lambda t: t.pop("model.layers.1.mlp.up_proj.weight"))
    with pytest.raises(pm.Corrupt, match=r"lacks the tensor model\.layers\.1\.mlp\.up_proj\.weight"):
        pm.Model.load(folder)


def test_a_tokenizer_of_another_model(folder):
    """257 tokens, and a model with rows for 100."""
    def cut(tensors):
        for name in ("model.embed_tokens.weight", "lm_head.weight"):
            tensors[name] = tensors[name][:100].copy()

    change_tensors(folder, cut)
    change_config(folder, vocab_size=100, eos_token_id=None)
    with pytest.raises(pm.Corrupt, match="tokenizer of .* has 257 tokens, but the model only 100; they belong to different models"):
        pm.Model.load(folder)


def test_the_weights_of_another_family(folder):
    """A Llama's weights under a Phi-3's config: the first tensor that is missing is named."""
    change_config(folder, model_type="phi3")
    with pytest.raises(pm.Corrupt, match=r"lacks the tensor model\.layers\.0\.self_attn\.qkv_proj\.weight"):
        pm.Model.load(folder)


@pytest.mark.parametrize("values, phrase", [
    ({"attention_bias": True}, "bias terms"),
    ({"hidden_act": "relu"}, 'activation "relu"'),
    ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, 'RoPE scaling "dynamic"'),
    ({"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5}}, "part of each head"),
    ({"quantization_config": {"quant_method": "gptq"}}, "quantised Hugging Face checkpoint"),
    ({"model_type": "gemma3"}, "images beside text"),
    ({"model_type": "mixtral"}, 'architecture "mixtral".*llama, mistral, phi3'),
])
def test_what_would_change_the_numbers_is_refused_by_name(folder, values, phrase):
    change_config(folder, **values)
    with pytest.raises(pm.Unsupported, match=phrase):
        pm.Model.load(folder)


@pytest.mark.parametrize("values", [
    {"rope_scaling": {"rope_type": "linear", "factor": 0}},
    {"rope_scaling": {"rope_type": "linear", "factor": -4.0}},
    {"rope_scaling": {"rope_type": "linear"}},
    {"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 0}},
    {"rope_scaling": {"rope_type": "longrope", "short_factor": [1.0] * 3, "long_factor": [1.0] * 16}},
    {"rope_scaling": {"rope_type": "longrope", "short_factor": ["a"] * 16, "long_factor": [1.0] * 16}},
    {"rope_scaling": "linear"},
    {"rope_theta": -1.0},
    {"model_type": "mistral", "sliding_window": -5},
    {"model_type": "mistral", "sliding_window": 10**18},
    {"model_type": "mistral", "sliding_window": 4, "layer_types": ["sliding_attention"]},
    {"model_type": "smollm3", "no_rope_layers": [1]},
    {"model_type": "gemma3_text", "final_logit_softcapping": -2.0, "head_dim": 32},
    {"model_type": "gemma3_text", "query_pre_attn_scalar": 0, "head_dim": 32},
    {"model_type": "gemma3_text", "sliding_window": 4, "sliding_window_pattern": -1, "head_dim": 32},
    {"head_dim": 10**12},
], ids=lambda v: json.dumps(v)[:60])
def test_impossible_numbers(folder, values):
    change_config(folder, **values)
    with pytest.raises(pm.Corrupt):
        pm.Model.load(folder)


def test_an_adapter_of_another_family_names_its_base(folder, tmp_path):
    from peft import LoraConfig

    LoraConfig(r=4, target_modules=["qkv_proj"], base_model_name_or_path="microsoft/Phi-3-mini-4k-instruct").save_pretrained(tmp_path / "adapter")
    save_file({"base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight": np.zeros((4, 64), np.float32)},
              tmp_path / "adapter" / "adapter_model.safetensors")
    with pytest.raises(pm.Corrupt, match="qkv_proj.*another base, microsoft/Phi-3-mini-4k-instruct"):
        pm.Model.load(folder).load_adapter(tmp_path / "adapter")


def test_an_adapter_of_another_model_that_fits_is_said(tmp_path, caplog):
    """Two models of one shape: it loads, and the log says what it was trained on."""
    data = pm.Dataset.from_list([{"prompt": f"Say {i}.", "completion": f"This is {i}."} for i in range(4)])
    for name in ("first", "second"):
        random_model(tmp_path / name)
    config = pm.TrainConfig(epochs=1, rank=2, validation=0)
    pm.LoraTrainer(pm.Model.load(tmp_path / "first"), config).train(data).model.save_adapter(tmp_path / "adapter")
    with caplog.at_level("WARNING", logger="pmtune"):
        pm.Model.load(tmp_path / "first").load_adapter(tmp_path / "adapter")
        assert not caplog.records
        pm.Model.load(tmp_path / "second").load_adapter(tmp_path / "adapter")
    assert 'trained on "first", not on "second"' in caplog.text


def test_the_page_of_models_lists_the_families_that_load(folder):
    change_config(folder, model_type="mixtral")
    with pytest.raises(pm.Unsupported) as caught:
        pm.Model.load(folder)
    named = str(caught.value).split("it can run ")[1].split(" (docs")[0].split(", ")
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    rows = [line.split("|")[1].strip() for line in page.split("## How exactly")[0].splitlines() if line.startswith("| ")]
    assert named == rows[2:]  # after the head and its rule
