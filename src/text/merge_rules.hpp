// The merges of a tokenizer, from either way in which files give them.
#pragma once

#include "text/bpe_merger.hpp"
#include "text/vocabulary.hpp"

namespace pmtune::text {

// The listed merges, or, where there are scores, every pair of tokens that spells a third one. Merges that would make
// a control token of plain text are left out. Throws corrupt for a merge that names no token, scores that are no
// numbers or fit no token, or more merges than the limit.
BpeMerger merge_rules(const BpeParts& parts, const Vocabulary& vocabulary);

}  // namespace pmtune::text
