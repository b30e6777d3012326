// One answer on the calling thread.
#pragma once

#include <cstdint>
#include <vector>

#include "model/impl.hpp"
#include "text/preceding.hpp"

namespace pmtune::decode {

// Whether answers are written by the engine (scheduler.hpp): on the CPU, unless the reference is asked for. Else by
// the plain decoder (model/decoder.hpp), which is its reference.
bool uses_engine(const Model::Impl& model);

// preceding: what the answer goes on from: a turn begins, a text goes on.
Generation generate_ids(const Model::Impl& model, std::vector<std::int32_t> prompt, text::Preceding preceding,
                        const GenerateOptions& options, const TokenCallback& on_token);

}  // namespace pmtune::decode
