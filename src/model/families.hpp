// The decoder families that are built. A family is what its members have in common and no file says; sizes and
// everything else that a file does say is read into an Architecture (architecture.hpp).
//
// To add one: a row here; where its config.json or GGUF spells something as no other does, a line in
// architecture_config.cpp or architecture_gguf.cpp; a row in tests/parity/test_families_parity.py, which holds it to
// transformers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/activation.hpp"

namespace pmtune::model {

struct Family {
  const char* name;         // what ModelInfo::architecture says
  const char* config_type;  // "model_type" in config.json
  const char* gguf;         // "general.architecture" of a GGUF, and the beginning of its keys; empty: none

  // As the members of Architecture.
  bool fused_projections = false;
  bool qkv_bias = false;
  bool head_norms = false;
  bool post_norms = false;
  kernels::Activation activation = kernels::Activation::silu;

  bool scaled_embedding = false;     // by the square root of the hidden size
  bool norms_less_one = false;       // safetensors hold the weights of norms less 1
  bool paired_rows = false;          // a GGUF has query and key rows in the order that rotates neighbours
  std::int64_t full_every = 0;       // of the layers with a window each n-th sees everything; 0: none of them does
  double local_rope_base = 0;        // of layers with a window; 0: as all
  std::int64_t unrotated_every = 0;  // each n-th layer's queries and keys are not rotated; 0: all are

  // What config.json means where it is silent.
  bool tied = false;          // the output matrix is the embedding
  std::int64_t head_dim = 0;  // 0: hidden size / heads
};

std::span<const Family> families();
// Null for one that is not built.
const Family* family_of_config(const std::string& model_type);
const Family* family_of_gguf(const std::string& architecture);
// "llama, mistral, ...", for errors
std::string family_names();

}  // namespace pmtune::model
