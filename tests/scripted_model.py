"""A model that says what a test wants: each of its tokens has one successor, whatever was said before."""

import json

import numpy
from byte_tokenizer import ALPHABET, byte_tokenizer
from safetensors.numpy import save_file
from tokenizers import AddedToken

# As Qwen's and Hermes's templates do it.
TOOLS_TEMPLATE = (
    "{% if tools %}You may call <tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools> within <tool_call></tool_call>.<end>{% endif %}"
    "{% for m in messages %}{{ m.role }}: {{ m.content }}"
    "{% for call in m.tool_calls or [] %}<tool_call>{{ call.function.name }} {{ call.function.arguments | tojson }}</tool_call>{% endfor %}"
    "<end>{% endfor %}{% if add_generation_prompt %}<answer>{% endif %}")


def scripted_model(folder, successors, template=TOOLS_TEMPLATE):
    """successors: from token to token, texts of any length (single bytes, or tokens made for the purpose); an answer
    begins after "<answer>" and ends with "<end>". A token without a successor is followed by "<end>"."""
    texts = {text for pair in successors.items() for text in pair}
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens(["<end>", "<answer>"])
    made = sorted(text for text in texts if len(text.encode()) > 1 and text not in ("<end>", "<answer>"))
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in made])
    number = lambda text: ALPHABET.index(tokenizer.pre_tokenizer.pre_tokenize_str(text)[0][0]) if len(text.encode()) == 1 else tokenizer.token_to_id(text)
    size = (tokenizer.get_vocab_size() + 63) // 64 * 64
    identity = numpy.eye(size, dtype=numpy.float32)
    zero = numpy.zeros((size, size), numpy.float32)
    head = numpy.zeros((size, size), numpy.float32)
    head[number("<end>"), :] = 0.5
    for token, successor in successors.items():
        head[number(successor), number(token)] = 1
    layer = "model.layers.0."
    tensors = {"model.embed_tokens.weight": identity, "lm_head.weight": head, "model.norm.weight": numpy.ones(size, numpy.float32)}
    for name in ("input_layernorm", "post_attention_layernorm"):
        tensors[f"{layer}{name}.weight"] = numpy.ones(size, numpy.float32)
    for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"):
        tensors[f"{layer}{name}.weight"] = zero.copy()
    folder.mkdir()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": size, "num_hidden_layers": 1, "num_attention_heads": size // 64,
        "num_key_value_heads": size // 64, "intermediate_size": size, "vocab_size": size, "rms_norm_eps": 1e-5, "max_position_embeddings": 4096,
        "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": False, "bos_token_id": None, "eos_token_id": number("<end>")}))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template, "eos_token": "<end>"}))
