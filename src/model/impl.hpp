// What a Model handle holds. Models that differ only in their adapter share one Base.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>
#include <string>
#include <vector>

#include "model/adapter.hpp"
#include "model/decoder.hpp"
#include "model/weights.hpp"
#include "text/render.hpp"

namespace pmtune {

namespace model {

struct Base {
  Weights weights;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::unique_ptr<const text::ChatTemplate> chat_template;  // null when the model has none
  std::vector<std::filesystem::path> files;                 // what hash() covers
  ModelInfo info;                                           // of the base alone

  std::string hash() const;

 private:
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
  model::Decoder decoder() const { return model::Decoder(base->weights, adapter.get()); }

  // The conversation as ids; throws unsupported when the model has no chat template.
  text::Rendered render(const std::vector<Message>& messages, bool add_generation_prompt) const;
  text::Rendered render(const std::vector<text::Turn>& turns, bool add_generation_prompt,
                        const text::TemplateJson& tools = {}) const;
};

namespace model {

// A model on the same base with this adapter (may be null) and record (may be null).
Model with_adapter(const Model& model, std::shared_ptr<const Adapter> adapter, const std::string& name,
                   std::shared_ptr<const TrainingRecord> record);

}  // namespace model
}  // namespace pmtune
