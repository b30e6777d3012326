// One answer on the calling thread.
#pragma once

#include <cstdint>
#include <vector>

#include "model/impl.hpp"
#include "text/preceding.hpp"

namespace pmtune::model {

// seen: the prompt. preceding: what the answer goes on from: a turn begins, a text goes on.
Generation generate_ids(const Model::Impl& model, std::vector<std::int32_t> seen, text::Preceding preceding,
                        const GenerateOptions& options, const TokenCallback& on_token);

}  // namespace pmtune::model
