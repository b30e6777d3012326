"""Models made for a test."""

import json

import numpy
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers


def random_model(folder, spoiled=None, change=lambda name, tensor: tensor):
    """A small random Llama over bytes, as a Hugging Face folder in f32. The embedding of the letter `spoiled` is not
    finite; `change` is applied to the matrices of the layers."""
    hidden, wide, layers, vocabulary = 64, 128, 2, 288
    random = numpy.random.default_rng(3)

    def matrix(*shape):
        return random.normal(0, 0.05, shape).astype(numpy.float32)

    tensors = {"model.embed_tokens.weight": matrix(vocabulary, hidden), "model.norm.weight": numpy.ones(hidden, numpy.float32)}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    if spoiled:
        tensors["model.embed_tokens.weight"][alphabet.index(spoiled)] = numpy.inf
    for i in range(layers):
        layer = f"model.layers.{i}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{layer}{name}.weight"] = numpy.ones(hidden, numpy.float32)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors[f"{layer}self_attn.{name}.weight"] = matrix(hidden, hidden)
        for name, shape in (("gate_proj", (wide, hidden)), ("up_proj", (wide, hidden)), ("down_proj", (hidden, wide))):
            tensors[f"{layer}mlp.{name}.weight"] = matrix(*shape)
    tensors["lm_head.weight"] = matrix(vocabulary, hidden)
    for name in tensors:
        if "_proj" in name:
            tensors[name] = change(name, tensors[name])
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": 2,
        "num_key_value_heads": 2, "intermediate_size": wide, "vocab_size": vocabulary, "rms_norm_eps": 1e-5, "max_position_embeddings": 512,
        "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False, "bos_token_id": None, "eos_token_id": 256}))
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "chat_template": "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}a: {% endif %}", "eos_token": "<end>"}))
