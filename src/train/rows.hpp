// Examples as token rows, and their packing into micro-batches.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>
#include <string>
#include <vector>

#include "kernels/attention.hpp"
#include "train/step_order.hpp"

namespace pmtune::train {

struct TokenRow {
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> mask;  // 1 = taught
  std::int64_t taught = 0;         // tokens that are taught
  std::string where;               // "examples.jsonl line 7"
  std::int64_t slot = -1;          // in the cache of hidden states (hidden_cache.hpp); -1: not kept
  std::int64_t sharable = 0;       // tokens at its beginning that it may share with others (shared_prefix.hpp)
};

// What became of the examples that are longer than the context length.
struct LongExamples {
  std::int64_t divided = 0;      // examples (long_examples "split")
  std::int64_t parts = 0;        // that they were divided into
  std::int64_t cut = 0;          // examples ("truncate")
  std::int64_t lost_tokens = 0;  // of their answers, which are not taught

  std::string to_text() const;  // a sentence without a full stop; empty when there are none
};

// Renders and encodes every example. Throws invalid_argument for one that is too long (config.long_examples "error"),
// or that teaches nothing.
std::vector<TokenRow> make_rows(const Model& model, const Dataset& data, const TrainConfig& config,
                                LongExamples* long_examples = nullptr);

// Examples laid end to end, each attending only to itself. A prefix that several share stands once, as a segment
// before those of the examples.
struct PackedBatch {
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> positions;  // from 0 in each example
  std::vector<std::int64_t> lengths;    // of the example that each token belongs to
  std::vector<kernels::Segment> segments;
  struct Place {
    std::int64_t slot;
    std::size_t segment;
  };
  std::vector<Place> examples;
  std::vector<std::int64_t> taught_rows;  // rows whose next token is taught
  std::vector<std::int64_t> targets;      // that token
  std::int64_t tokens = 0;                // without those that fill the row up
};

// multiple: the row is filled up to a multiple of this many tokens with a segment that teaches nothing and whose
// gradient is zero (step_order.hpp, kTokenMultiple).
PackedBatch pack(const std::vector<const TokenRow*>& rows, std::int64_t multiple = 1);

// Divides the examples of one optimiser step into micro-batches (step_order.hpp, first_fit). The order of examples
// within a step has no effect on its gradient.
std::vector<std::vector<const TokenRow*>> divide(const std::vector<const TokenRow*>& step, std::int64_t tokens);

}  // namespace pmtune::train
