// For applications that use libtorch themselves: tensors in and out. The only public header that knows torch; it is
// not part of pmtune.hpp. Build against the same libtorch that pmtune was built with.
//
//   at::Tensor scores = pmtune::logits_tensor(model, ids);        // f32 [T, vocabulary], on the model's device
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <pmtune/model.hpp>

namespace pmtune {

// Scores of the next token after each position, f32 [ids.size(), vocabulary]. No gradient.
PMTUNE_API at::Tensor logits_tensor(const Model& model, const std::vector<std::int32_t>& ids);

// The adapter's matrices by PEFT name ("...q_proj.lora_A.weight"), f32. They are copies.
PMTUNE_API std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Model& model);

}  // namespace pmtune
