// What the names of GGUF files tell by convention.
#pragma once

#include <optional>
#include <string>

namespace pmtune::hub {

bool is_gguf(const std::string& file);

// The part of a model that looks at pictures; nothing that answers.
bool is_projector(const std::string& file);

// "model-00002-of-00005.gguf", as llama.cpp's splitter writes it.
struct SplitName {
  std::string stem;  // "model"
  int part = 0;
  int parts = 0;
};
std::optional<SplitName> split_name(const std::string& file);

// Whether the name ends in that quantisation: ("Phi-3-mini-4k-instruct-Q4_K_M.gguf", "q4_k_m").
bool is_quantised_as(const std::string& file, const std::string& quantisation);

}  // namespace pmtune::hub
