// What a Model handle holds. Models that differ only in their adapter share one Base.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>
#include <string>
#include <vector>

#include "grammar/token_table.hpp"
#include "model/adapter.hpp"
#include "model/decoder.hpp"
#include "model/weights.hpp"
#include "text/render.hpp"

namespace pmtune {

namespace decode {
// decode/packed_weights.hpp, where the functions that make them are defined
class PackedWeights;
class PackedAdapter;
}

namespace model {

struct Base {
  Weights weights;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::unique_ptr<const text::ChatTemplate> chat_template;  // null when the model has none
  std::vector<std::filesystem::path> files;                 // what hash() covers
  ModelInfo info;                                           // of the base alone

  std::string hash() const;

  // The weights laid out for answering; made when they are first asked for.
  std::shared_ptr<const decode::PackedWeights> packed() const;
  // The tokens as grammars read them; likewise.
  std::shared_ptr<const grammar::TokenTable> token_table() const;

 private:
  mutable std::mutex packed_mutex_;
  mutable std::shared_ptr<const decode::PackedWeights> packed_;
  mutable std::shared_ptr<const grammar::TokenTable> token_table_;
  mutable std::mutex hash_mutex_;
  mutable std::string hash_;
};

}  // namespace model

struct Model::Impl {
  std::shared_ptr<const model::Base> base;
  std::shared_ptr<const model::Adapter> adapter;  // null for a base model
  std::shared_ptr<const TrainingRecord> record;
  ModelInfo info;

  const model::Weights& weights() const { return base->weights; }
  const text::Tokenizer& tokenizer() const { return *base->tokenizer; }
  // The adapter laid out for answering, made when it is first asked for; null for a base model.
  std::shared_ptr<const decode::PackedAdapter> packed_adapter() const;

  model::Decoder decoder() const { return model::Decoder(base->weights, adapter.get()); }

  // Throws unsupported when the model has no chat template.
  void require_chat_template() const;
  // The conversation as ids; requires a chat template.
  text::Rendered render(const std::vector<Message>& messages, bool add_generation_prompt) const;

 private:
  mutable std::mutex packed_mutex_;
  mutable std::shared_ptr<const decode::PackedAdapter> packed_adapter_;
};

namespace model {

// A model on the same base with this adapter (may be null) and record (may be null).
Model with_adapter(const Model& model, std::shared_ptr<const Adapter> adapter, const std::string& name,
                   std::shared_ptr<const TrainingRecord> record);

}  // namespace model
}  // namespace pmtune
