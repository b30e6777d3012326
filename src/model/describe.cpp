#include "model/describe.hpp"

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"

namespace pmtune::model {
namespace {

// Bounds far beyond any model, so that products of a few of them cannot wrap.
constexpr std::int64_t kMostLayers = 1024;
constexpr std::int64_t kMostWidth = 1 << 20;
constexpr std::int64_t kMostVocabulary = 1 << 24;
constexpr std::int64_t kMostLength = std::int64_t{1} << 30;

bool above_zero(double x) { return std::isfinite(x) && x > 0; }

bool possible(const RopeScaling& rope, std::int64_t half) {
  const auto fit = [&](const std::vector<double>& factors) {
    return factors.empty() || (static_cast<std::int64_t>(factors.size()) == half &&
                               std::all_of(factors.begin(), factors.end(), above_zero));
  };
  return (rope.base == 0 || above_zero(rope.base)) && above_zero(rope.magnitude) && fit(rope.factors) &&
         fit(rope.long_factors) && rope.original_length >= 0 && rope.original_length <= kMostLength;
}

}  // namespace

void take_from_family(const Family& family, Architecture& a) {
  a.family = family.name;
  a.fused_projections = family.fused_projections;
  a.qkv_bias = family.qkv_bias;
  a.head_norms = family.head_norms;
  a.post_norms = family.post_norms;
  a.activation = family.activation;
  if (family.scaled_embedding) a.embedding_scale = std::sqrt(static_cast<double>(a.hidden));
  if (a.attention_scale == 0) a.attention_scale = 1 / std::sqrt(static_cast<double>(a.head_dim));
}

bool is_nth(std::int64_t layer, std::int64_t every) { return every > 0 && (layer + 1) % every == 0; }

void lay_out_looks(const Family& family, std::int64_t window, const std::function<bool(std::int64_t)>& local,
                   const std::function<bool(std::int64_t)>& rotated, const RopeScaling& global_rope,
                   const RopeScaling& local_rope, Architecture& a) {
  const auto index_of = [&](const RopeScaling& rope) {
    const auto found = std::find(a.ropes.begin(), a.ropes.end(), rope);
    if (found != a.ropes.end()) return static_cast<std::size_t>(found - a.ropes.begin());
    a.ropes.push_back(rope);
    return a.ropes.size() - 1;
  };
  for (std::int64_t layer = 0; layer < a.layers; ++layer) {
    const bool has_window = window > 0 && local(layer);
    // The base of local layers holds even where the window is so wide that it hides nothing.
    const bool local_base = family.local_rope_base > 0 && local(layer);
    a.looks.push_back({has_window ? window : 0, index_of(!rotated(layer) ? rope_of_base(0)
                                                         : local_base    ? local_rope
                                                                         : global_rope)});
  }
}

void check_range(const std::string& what, const char* name, std::int64_t value, std::int64_t most) {
  if (value < 1 || value > most)
    fail(Code::corrupt, what, " says that ", name, " is ", value, ", which no model has; fetch the model again.");
}

void check_heads(const std::string& what, std::int64_t heads) {
  check_range(what, "the number of heads", heads, kMostWidth);
}

void check(const Architecture& a, const std::string& what) {
  check_range(what, "the number of layers", a.layers, kMostLayers);
  check_range(what, "the hidden size", a.hidden, kMostWidth);
  check_heads(what, a.heads);
  check_range(what, "the number of key-value heads", a.kv_heads, a.heads);
  check_range(what, "the head size", a.head_dim, kMostWidth);
  check_range(what, "the feed-forward size", a.feed_forward, kMostWidth);
  check_range(what, "the vocabulary", a.vocabulary, kMostVocabulary);
  check_range(what, "the context length", a.context_length, kMostLength);
  if (a.heads % a.kv_heads != 0 || a.head_dim % 2 != 0)
    fail(Code::corrupt, what, " gives ", a.heads, " heads of size ", a.head_dim, " for ", a.kv_heads,
         " key-value heads, which cannot be; fetch the model again.");
  const bool ropes = std::all_of(a.ropes.begin(), a.ropes.end(),
                                 [&](const RopeScaling& rope) { return possible(rope, a.head_dim / 2); });
  if (!ropes || !(a.norm_epsilon > 0 && a.norm_epsilon < 1))
    fail(Code::corrupt, what, " has impossible numbers for RoPE or the norm's epsilon; fetch the model again.");
  const auto no_cap = [](double cap) { return cap < 0 || !std::isfinite(cap); };
  if (!above_zero(a.attention_scale) || no_cap(a.attention_soft_cap) || no_cap(a.final_soft_cap))
    fail(Code::corrupt, what, " has an impossible scale or soft cap for its scores; fetch the model again.");
}

void refuse(const std::string& what, const std::string& feature) {
  fail(Code::unsupported, what, " needs ", feature,
       ", which pmtune cannot do yet; docs/models.md lists the models that work.");
}

void refuse_family(const std::string& what, const std::string& family) {
  fail(Code::unsupported, what, " is of the architecture \"", family, "\", which pmtune cannot run yet; it can run ",
       family_names(), " (docs/models.md).");
}

}  // namespace pmtune::model
