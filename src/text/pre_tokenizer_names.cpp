// The pre-tokenizers that GGUF files name.
#include "base/fail.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view llama3_pattern = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                                            R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                                           R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view gpt4o_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekken_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view bloom_pattern = R"( ?[^(\s|.,!?…。，、।۔،)]+)";

enum class Family { gpt2, digits_gpt2, llama3, qwen2, gpt4o, tekken, bloom };

struct NamedFamily {
  std::string_view name;
  Family family;
  bool ignores_merges = false;
};

// The names that converters write into GGUF files, where the family is certain.
constexpr NamedFamily named_families[] = {
    {"gpt-2", Family::gpt2},
    {"default", Family::gpt2},
    {"phi-2", Family::gpt2},
    {"jina-es", Family::gpt2},
    {"jina-de", Family::gpt2},
    {"jina-v2-es", Family::gpt2},
    {"jina-v2-de", Family::gpt2},
    {"mpt", Family::gpt2},
    {"olmo", Family::gpt2},
    {"smollm", Family::digits_gpt2},
    {"starcoder", Family::digits_gpt2},
    {"refact", Family::digits_gpt2},
    {"command-r", Family::digits_gpt2},
    {"codeshell", Family::digits_gpt2},
    {"llama-bpe", Family::llama3, true},
    {"llama3", Family::llama3, true},
    {"llama-v3", Family::llama3, true},
    {"dbrx", Family::llama3},
    {"smaug-bpe", Family::llama3},
    {"qwen2", Family::qwen2},
    {"deepseek-r1-qwen", Family::qwen2},
    {"stablelm2", Family::qwen2},
    {"gpt-4o", Family::gpt4o},
    {"tekken", Family::tekken, true},
    {"bloom", Family::bloom},
};

}  // namespace

PreTokenizer PreTokenizer::named(std::string_view name, std::string_view where) {
  const NamedFamily* found = nullptr;
  for (const NamedFamily& candidate : named_families)
    if (candidate.name == name) found = &candidate;
  if (found == nullptr)
    fail(Code::unsupported, where, " names the pre-tokenizer \"", shown(name),
         "\", which this build does not know; use the model's Hugging Face folder (tokenizer.json) instead.");
  PreTokenizer made;
  made.ignores_merges_ = found->ignores_merges;
  made.adds_bos_ = found->family == Family::llama3 && found->ignores_merges;
  made.composes_ = found->family == Family::qwen2 && name != "stablelm2";
  made.byte_level_ = true;
  switch (found->family) {
    case Family::digits_gpt2: made.add_digits(true, where); [[fallthrough]];
    case Family::gpt2: made.add_byte_level(false, true, where); break;
    case Family::llama3: made.add_pattern(llama3_pattern, where); break;
    case Family::qwen2: made.add_pattern(qwen2_pattern, where); break;
    case Family::gpt4o: made.add_pattern(gpt4o_pattern, where); break;
    case Family::tekken: made.add_pattern(tekken_pattern, where); break;
    case Family::bloom: made.add_pattern(bloom_pattern, where); break;
  }
  return made;
}

}  // namespace pmtune::text
