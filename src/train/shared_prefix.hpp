// Examples that begin alike, with one system prompt for example, share the work on those tokens: within a micro-batch
// the prefix stands once, and each example's own rows see it. Attention looks back only, so what the layers make of
// a prefix does not depend on what follows, and its gradient is the sum of what all that follows ask for: nothing is
// approximated.
#pragma once

#include <vector>

#include "train/rows.hpp"

namespace pmtune::train {

// How many tokens a row may share at most: those before the first taught token and the one that predicts it, so that
// every row of scores belongs to one example.
std::int64_t sharable_tokens(const TokenRow& row);

// The sizes of rows that may stand together, divided into families that save the most tokens. In a subset of them
// sharing saves no less than these sizes tell.
std::vector<RowSize> share_prefixes(const std::vector<const TokenRow*>& rows);

}  // namespace pmtune::train
