// Malformed model files, each with the verdict it must get. The numbers S1, G1, ... are those of the table of known
// parser breaks in the project's notes; the same list serves as seeds for fuzzing.
#pragma once

#include <functional>
#include <optional>
#include <pmtune/error.hpp>
#include <string>
#include <vector>

#include "files/gguf.hpp"

namespace pmtune::hostile {

enum class Format { safetensors, gguf, adapter_config, safetensors_index };

struct HostileFile {
  std::string name;
  Format format = Format::safetensors;
  std::optional<Code> code;                                   // none: the file is odd, but right, and must open
  std::string phrase;                                         // part of the sentence
  std::function<std::string()> bytes;                         // made when asked for: some are large
  std::function<void(const files::GgufFile&)> use = nullptr;  // what else to do with the file once open
};

std::vector<HostileFile> safetensors_corpus();
std::vector<HostileFile> gguf_corpus();
std::vector<HostileFile> adapter_config_corpus();
std::vector<HostileFile> safetensors_index_corpus();  // beside shards that hostile_files.cpp lays out
std::vector<HostileFile> corpus();                    // all of them

}  // namespace pmtune::hostile
