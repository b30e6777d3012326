// What the heads of a model's files tell: nothing is hashed, no weight is read.
#pragma once

#include <cstdint>
#include <pmtune/hub.hpp>

#include "hub/candidate.hpp"

namespace pmtune::hub {

// memory: bytes of RAM that a model must fit into; 0 leaves that out. Throws nothing but bad_alloc: what is wrong
// with a file is the entry's reason.
LocalModel inspect(const Candidate& candidate, std::int64_t memory);

// A vision projector, which is a GGUF file but no model.
bool is_no_model(const LocalModel& model);

}  // namespace pmtune::hub
