"""The smallest tokenizer there is: a token for each byte, in the order of GPT-2's visible characters."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def byte_tokenizer():
    tokenizer = Tokenizer(models.BPE(vocab={character: i for i, character in enumerate(ALPHABET)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return tokenizer
