// What the two file kinds call the tensors of a model.
#pragma once

#include <cstdint>
#include <string>

#include "model/weights.hpp"

namespace pmtune::model {

// Norms of a layer, by what they norm.
enum class Norm { attention, mlp, query, key, post_attention, post_mlp };

class TensorNames {
 public:
  virtual ~TensorNames() = default;
  virtual std::string embedding() const = 0;
  virtual std::string head() const = 0;
  virtual std::string final_norm() const = 0;
  virtual std::string linear(std::int64_t layer, Linear linear) const = 0;
  virtual std::string bias(std::int64_t layer, Linear linear) const = 0;
  virtual std::string norm(std::int64_t layer, Norm norm) const = 0;
};

class GgufNames final : public TensorNames {
 public:
  std::string embedding() const override { return "token_embd.weight"; }
  std::string head() const override { return "output.weight"; }
  std::string final_norm() const override { return "output_norm.weight"; }
  std::string linear(std::int64_t layer, Linear linear) const override;
  std::string bias(std::int64_t layer, Linear linear) const override;
  std::string norm(std::int64_t layer, Norm norm) const override;
};

class FolderNames final : public TensorNames {
 public:
  // post_norms: as Architecture's; with them transformers gives one norm's name to another.
  explicit FolderNames(bool post_norms) : post_norms_(post_norms) {}
  std::string embedding() const override { return "model.embed_tokens.weight"; }
  std::string head() const override { return "lm_head.weight"; }
  std::string final_norm() const override { return "model.norm.weight"; }
  std::string linear(std::int64_t layer, Linear linear) const override;
  std::string bias(std::int64_t layer, Linear linear) const override;
  std::string norm(std::int64_t layer, Norm norm) const override;

 private:
  bool post_norms_;
};

}  // namespace pmtune::model
