"""Models made for a test."""

import json

import gguf
import numpy
from byte_tokenizer import ALPHABET, byte_tokenizer
from safetensors.numpy import save_file


def random_model(folder, spoiled=None, change=lambda name, tensor: tensor):
    """A small random Llama over bytes, as a Hugging Face folder in f32. The embedding of the letter `spoiled` is not
    finite; `change` is applied to the matrices of the layers."""
    hidden, wide, layers, vocabulary = 64, 128, 2, 288
    random = numpy.random.default_rng(3)

    def matrix(*shape):
        return random.normal(0, 0.05, shape).astype(numpy.float32)

    tensors = {"model.embed_tokens.weight": matrix(vocabulary, hidden), "model.norm.weight": numpy.ones(hidden, numpy.float32)}
    if spoiled:
        tensors["model.embed_tokens.weight"][ALPHABET.index(spoiled)] = numpy.inf
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
    tokenizer = byte_tokenizer()
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "chat_template": "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}a: {% endif %}", "eos_token": "<end>"}))


# Types of blocks that gguf reads and does not write: bytes of a block of 256 numbers, where its f16 scale lies, and
# whether a minimum follows.
BLOCKS = {
    gguf.GGMLQuantizationType.Q2_K: (84, 80, True),
    gguf.GGMLQuantizationType.Q3_K: (110, 108, False),
    gguf.GGMLQuantizationType.Q4_K: (144, 0, True),
    gguf.GGMLQuantizationType.Q5_K: (176, 0, True),
    gguf.GGMLQuantizationType.Q6_K: (210, 208, False),
    gguf.GGMLQuantizationType.IQ4_NL: (8 * 18, 0, False),
    gguf.GGMLQuantizationType.IQ4_XS: (136, 0, False),
}


def random_blocks(random, kind, rows, columns):
    """Random bytes, scaled so that the numbers are some 0.05 large."""
    size, at, minimum = BLOCKS[kind]
    blocks = random.integers(0, 256, (rows * columns // 256, size), dtype=numpy.uint8)
    scales = [slice(i * 18, i * 18 + 2) for i in range(8)] if kind == gguf.GGMLQuantizationType.IQ4_NL else [slice(at, at + 2)]
    if minimum:
        scales.append(slice(at + 2, at + 4))
    small = numpy.full(len(blocks), 1e-4, numpy.float16).view(numpy.uint8).reshape(-1, 2)
    for scale in scales:
        blocks[:, scale] = small
    plain = gguf.dequantize(blocks.reshape(rows, -1), kind)
    share = numpy.full(len(blocks), 1e-4 * 0.05 / plain.std(), numpy.float16).view(numpy.uint8).reshape(-1, 2)
    for scale in scales:
        blocks[:, scale] = share
    return blocks.reshape(rows, -1)


def random_gguf(path, kinds):
    """A small random Llama over bytes as a GGUF file, its matrices in these types of blocks by turns."""
    hidden, wide, layers = 256, 512, 2
    random = numpy.random.default_rng(5)
    tokens = ALPHABET + ["ab", "<end>"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(512)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(wide)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_chat_template("{% for m in messages %}{{ m.role[0] }}: {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}a: {% endif %}")
    for name in ("token_embd", "output"):
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.05, (len(tokens), hidden)).astype(numpy.float16))
    writer.add_tensor("output_norm.weight", numpy.ones(hidden, numpy.float32))
    shapes = {"attn_q": (hidden, hidden), "attn_k": (hidden, hidden), "attn_v": (hidden, hidden), "attn_output": (hidden, hidden),
              "ffn_gate": (wide, hidden), "ffn_up": (wide, hidden), "ffn_down": (hidden, wide)}
    turn = 0
    for i in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{i}.{name}.weight", numpy.ones(hidden, numpy.float32))
        for name, (rows, columns) in shapes.items():
            kind = kinds[turn % len(kinds)]
            writer.add_tensor(f"blk.{i}.{name}.weight", random_blocks(random, kind, rows, columns), raw_dtype=kind)
            turn += 1
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
