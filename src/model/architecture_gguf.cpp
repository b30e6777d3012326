// An Architecture from the metadata of a GGUF, by the names that llama.cpp gives them
// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
#include <cmath>

#include "base/fail.hpp"
#include "files/tensor_bytes.hpp"
#include "model/describe.hpp"

namespace pmtune::model {
namespace {

// Keys begin with the architecture's name.
class Metadata {
 public:
  Metadata(const files::GgufFile& file, std::string family, std::string what)
      : file_(file), family_(std::move(family)), what_(std::move(what)) {}

  std::int64_t required(const char* key) const {
    const std::int64_t* value = file_.get_int(family_ + key);
    if (!value) fail(Code::corrupt, what_, " lacks the entry \"", family_ + key, "\"; fetch it again.");
    return *value;
  }
  std::int64_t integer(const char* key, std::int64_t otherwise) const {
    const std::int64_t* value = file_.get_int(family_ + key);
    return value ? *value : otherwise;
  }
  double number(const char* key, double otherwise) const {
    return file_.get_number(family_ + key).value_or(otherwise);
  }
  const std::string* text(const char* key) const { return file_.get_string(family_ + key); }

  // A small tensor of f32; empty where the file has none.
  std::vector<double> factors(const char* tensor, std::int64_t size) const {
    const files::TensorView* view = file_.find(tensor);
    if (!view) return {};
    if (view->dtype != files::DType::f32 || view->shape != std::vector<std::int64_t>{size})
      fail(Code::corrupt, "The tensor ", tensor, " in ", what_,
           " has another shape than its configuration says; fetch the model again.");
    std::vector<float> values(static_cast<std::size_t>(size));
    files::dequantise(view->dtype, view->data, values.size(), values.data());
    return {values.begin(), values.end()};
  }

 private:
  const files::GgufFile& file_;
  std::string family_, what_;
};

RopeScaling rope_of(const Metadata& meta, const std::string& what, const Architecture& a) {
  const std::int64_t half = a.head_dim / 2;
  RopeScaling rope;
  rope.base = meta.number(".rope.freq_base", 10000);
  rope.original_length = meta.integer(".rope.scaling.original_context_length", a.context_length);
  const double factor = meta.number(".rope.scaling.factor", 1);
  const std::string* type = meta.text(".rope.scaling.type");
  if (type && *type == "linear") {
    rope.factors = linear_factors(factor, half);
  } else if (type && *type == "yarn") {
    if (rope.original_length < 1) check_range(what, "the original context length", rope.original_length, 1);
    rope.factors = yarn_factors({factor, 32, 1, rope.original_length, true}, rope.base, half);
    rope.magnitude = yarn_magnitude(factor);
  } else if (type && *type != "none" && *type != "longrope") {
    refuse(what, "the RoPE scaling \"" + *type + "\"");
  }
  if (std::vector<double> factors = meta.factors("rope_freqs.weight", half); !factors.empty()) rope.factors = factors;
  if (std::vector<double> factors = meta.factors("rope_factors_short.weight", half); !factors.empty()) {
    rope.factors = factors;
    rope.long_factors = meta.factors("rope_factors_long.weight", half);
    const double stretched = static_cast<double>(a.context_length) / static_cast<double>(rope.original_length);
    rope.magnitude = meta.number(".rope.scaling.attn_factor", longrope_magnitude(stretched, rope.original_length));
  }
  return rope;
}

// The largest Gemmas scale scores by the hidden size a head would have, and their files do not say so.
double gemma_scale(const Family& family, const Architecture& a) {
  const bool largest = (std::string(family.name) == "gemma2" && a.layers == 46) ||
                       (std::string(family.name) == "gemma3" && a.layers == 62);
  return largest ? 1 / std::sqrt(static_cast<double>(a.hidden) / static_cast<double>(a.heads)) : 0;
}

}  // namespace

Architecture architecture_of(const files::GgufFile& file) {
  const std::string what = "The model file " + file.path().string();
  const std::string* name = file.get_string("general.architecture");
  if (!name) fail(Code::corrupt, what, " does not say which architecture it holds; fetch it again.");
  const Family* family = family_of_gguf(*name);
  if (!family) refuse_family(what, *name);
  const Metadata meta(file, *name, what);

  Architecture a;
  if (const std::string* model = file.get_string("general.name")) a.name = *model;
  a.layers = meta.required(".block_count");
  a.hidden = meta.required(".embedding_length");
  a.heads = meta.required(".attention.head_count");
  check_heads(what, a.heads);
  a.kv_heads = meta.integer(".attention.head_count_kv", a.heads);
  a.head_dim = meta.integer(".attention.key_length", a.hidden / a.heads);
  a.feed_forward = meta.required(".feed_forward_length");
  a.context_length = meta.required(".context_length");
  a.norm_epsilon = meta.number(".attention.layer_norm_rms_epsilon", 1e-5);
  a.attention_soft_cap = meta.number(".attn_logit_softcapping", 0);
  a.final_soft_cap = meta.number(".final_logit_softcapping", 0);
  a.attention_scale = gemma_scale(*family, a);
  if (meta.integer(".expert_count", 0) > 0) refuse(what, "a mixture of experts");
  if (meta.integer(".rope.dimension_count", a.head_dim) != a.head_dim) refuse(what, "RoPE over a part of each head");
  if (meta.integer(".attention.value_length", a.head_dim) != a.head_dim)
    refuse(what, "values of another size than keys");

  const files::TensorView* embedding = file.find("token_embd.weight");
  if (!embedding || embedding->shape.size() != 2)
    fail(Code::corrupt, what, " lacks the tensor token_embd.weight; the download is incomplete, fetch it again.");
  a.vocabulary = embedding->shape[0];
  a.tied_head = file.find("output.weight") == nullptr;
  a.paired_rows = family->paired_rows;
  take_from_family(*family, a);
  check(a, what);  // before anything is made in these sizes
  const RopeScaling global = rope_of(meta, what, a),
                    local = rope_of_base(meta.number(".rope.freq_base_swa", family->local_rope_base));
  lay_out_looks(
      *family, meta.integer(".attention.sliding_window", 0),
      [&](std::int64_t layer) { return !is_nth(layer, family->full_every); },
      [&](std::int64_t layer) { return !is_nth(layer, family->unrotated_every); }, global, local, a);
  check(a, what);
  return a;
}

}  // namespace pmtune::model
