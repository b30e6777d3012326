// The state of one answer: which tokens may come next.
//
//   Constraint constraint(grammar, table);
//   while (!constraint.must_end()) {
//     const auto allowed = constraint.allowed();          // scores of other tokens become -infinity;
//     const std::int32_t token = choose(scores, allowed); // stop tokens stay when constraint.may_end()
//     if (is_stop(token)) break;
//     constraint.accept(token);
//   }
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "grammar/grammar.hpp"
#include "grammar/token_table.hpp"

namespace pmtune::grammar {

class Masks;

// Copying costs little: speculation copies, tries tokens, and goes back. A Constraint and its copies share what they
// have found out and must be used by one thread at a time; others are independent.
class Constraint {
 public:
  Constraint(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> table);

  // One bit a token (bit i % 64 of word i / 64): may it come next? Never set for control tokens. Valid until this
  // object is next changed. Throws unsupported when nothing may come and the answer is not complete: the vocabulary
  // cannot spell what must come.
  std::span<const std::uint64_t> allowed();
  bool is_allowed(std::int32_t token);  // of allowed(), one bit, without the others

  bool may_end() const;   // the answer is complete: a stop token may come
  bool must_end() const;  // nothing else may come

  // Throws invalid_argument for a token that is not allowed, and is then unchanged.
  void accept(std::int32_t token);

 private:
  std::uint32_t after(std::int32_t token);

  std::shared_ptr<Masks> masks_;
  std::uint32_t config_;
  std::shared_ptr<const std::vector<std::uint64_t>> allowed_;  // of config_, once asked for
};

}  // namespace pmtune::grammar
