// The pre-tokenizers that GGUF files name.
#include <algorithm>
#include <iterator>

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

constexpr std::string_view qwen35_pattern = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
                                            R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view seed_coder_pattern = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}|)"
                                                R"( ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view deepseek_v3_pattern =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|)"
    R"( ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view deepseek_letters =
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-"
    "ὅὈ-"
    "Ὅὐ-ὗὙὛὝὟ-\\x{1F7D}ᾀ-ᾴᾶ-ᾼ\\x{1FBE}ῂ-ῄῆ-ῌῐ-\\x{1FD3}ῖ-\\x{1FDB}"
    "ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\\x{2126}ℨ\\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-"
    "𐓓𐓘-"
    "𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";
constexpr std::string_view deepseek_punctuation = "\\s?[!-/:-~！-／：-～‘-‟　-。]+";
constexpr std::string_view deepseek_ideographs = "[一-龥ࠀ-一가-퟿]+";

// Cuts that follow on each other, as the models' own tokenizer.json have them.
struct Chain {
  std::vector<std::string_view> patterns;
  bool cuts_digits = false;  // each digit is a word: before the patterns of GPT-2, behind those of DeepSeek
  bool is_gpt2 = false;      // then GPT-2's own pattern
};

enum class Family {
  gpt2,
  digits_gpt2,
  llama_cpp_default,
  llama3,
  qwen2,
  qwen35,
  gpt4o,
  tekken,
  bloom,
  seed_coder,
  deepseek_llm,
  deepseek_coder,
  deepseek_v3
};

Chain chain_of(Family family) {
  switch (family) {
    case Family::gpt2: return {.patterns = {}, .is_gpt2 = true};
    case Family::digits_gpt2: return {.patterns = {}, .cuts_digits = true, .is_gpt2 = true};
    case Family::llama_cpp_default:  // what llama.cpp takes when a converter knew no better; no model's own
      return {{"[\\p{P}\\$\\+<=>\\^~\\|]+", gpt2_pattern, "\\p{N}+", "[0-9][0-9][0-9]"}};
    case Family::llama3: return {{llama3_pattern}};
    case Family::qwen2: return {{qwen2_pattern}};
    case Family::qwen35: return {{qwen35_pattern}};
    case Family::gpt4o: return {{gpt4o_pattern}};
    case Family::tekken: return {{tekken_pattern}};
    case Family::bloom: return {{bloom_pattern}};
    case Family::seed_coder: return {{seed_coder_pattern}};
    case Family::deepseek_llm:
      return {{"[\r\n]", deepseek_letters, deepseek_punctuation, "\\s+$", deepseek_ideographs}, true};
    case Family::deepseek_coder: return {{"[\r\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", deepseek_ideographs}, true};
    case Family::deepseek_v3: return {{"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", deepseek_v3_pattern}};
  }
  return {};
}

struct NamedFamily {
  std::string_view name;
  Family family;
  bool ignores_merges = false;
  bool adds_bos = false;
  bool composes = false;
};

// The names that converters write into GGUF files, where the family is certain.
constexpr NamedFamily named_families[] = {
    {"gpt-2", Family::gpt2},
    {"phi-2", Family::gpt2},
    {"jina-es", Family::gpt2},
    {"jina-de", Family::gpt2},
    {"jina-v2-es", Family::gpt2},
    {"jina-v2-de", Family::gpt2},
    {.name = "mpt", .family = Family::gpt2, .composes = true},
    {.name = "olmo", .family = Family::gpt2, .composes = true},
    {"default", Family::llama_cpp_default},
    {"smollm", Family::digits_gpt2},
    {"starcoder", Family::digits_gpt2},
    {"refact", Family::digits_gpt2},
    {"command-r", Family::digits_gpt2},
    {"codeshell", Family::digits_gpt2},
    {.name = "llama-bpe", .family = Family::llama3, .ignores_merges = true, .adds_bos = true},
    {.name = "llama3", .family = Family::llama3, .ignores_merges = true, .adds_bos = true},
    {.name = "llama-v3", .family = Family::llama3, .ignores_merges = true, .adds_bos = true},
    {"dbrx", Family::llama3},
    {"smaug-bpe", Family::llama3},
    {.name = "qwen2", .family = Family::qwen2, .composes = true},
    {.name = "deepseek-r1-qwen", .family = Family::qwen2, .composes = true},
    {.name = "qwen35", .family = Family::qwen35, .composes = true},
    {"stablelm2", Family::qwen2},
    {"gpt-4o", Family::gpt4o},
    {"llama4", Family::gpt4o},
    {"minimax-m2", Family::gpt4o},
    {.name = "tekken", .family = Family::tekken, .ignores_merges = true, .adds_bos = true},
    {"bloom", Family::bloom},
    {"seed-coder", Family::seed_coder},
    {"deepseek-llm", Family::deepseek_llm},
    {"deepseek-coder", Family::deepseek_coder},
    {"deepseek-v3", Family::deepseek_v3},
};

}  // namespace

PreTokenizer PreTokenizer::named(std::string_view name, std::string_view where) {
  const auto* found = std::find_if(std::begin(named_families), std::end(named_families),
                                   [&](const NamedFamily& family) { return family.name == name; });
  if (found == std::end(named_families))
    fail(Code::unsupported, where, " names the pre-tokenizer \"", shown(name),
         "\", which this build does not know; use the model's Hugging Face folder (tokenizer.json) instead.");
  PreTokenizer made;
  made.ignores_merges_ = found->ignores_merges;
  made.adds_bos_ = found->adds_bos;
  made.composes_ = found->composes;
  const Chain chain = chain_of(found->family);
  for (const std::string_view pattern : chain.patterns) made.add_pattern(pattern, where);
  if (chain.cuts_digits) made.add_digits(true, where);
  made.add_byte_level(false, chain.is_gpt2, where);
  return made;
}

}  // namespace pmtune::text
