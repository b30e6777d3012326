#include "grammar/constraint.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "grammar/limits.hpp"
#include "grammar/masks.hpp"

namespace pmtune::grammar {

Constraint::Constraint(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> table)
    : masks_(std::make_shared<Masks>(std::move(grammar), std::move(table))),
      config_(masks_->stacks().narrowed(masks_->stacks().start(), max_readings)) {}

std::span<const std::uint64_t> Constraint::allowed() {
  if (allowed_ == nullptr) allowed_ = masks_->of(config_);
  const bool none = std::all_of(allowed_->begin(), allowed_->end(), [](std::uint64_t word) { return word == 0; });
  if (none && !may_end())
    fail(Code::unsupported,
         "The model's vocabulary has no token for what the JSON schema asks for next; use a model with tokens for "
         "all bytes.");
  return *allowed_;
}

std::uint32_t Constraint::after(std::int32_t token) {
  if (token < 0 || token >= masks_->table().size()) return Stacks::dead;
  const std::string_view bytes = masks_->table().bytes(token);
  return bytes.empty() ? Stacks::dead : masks_->after(config_, bytes);
}

bool Constraint::is_allowed(std::int32_t token) { return after(token) != Stacks::dead; }

bool Constraint::may_end() const { return masks_->stacks().readings(config_).complete; }
bool Constraint::must_end() const { return may_end() && masks_->stacks().readings(config_).items.empty(); }

void Constraint::accept(std::int32_t token) {
  const Stacks::Config next = after(token);
  if (next == Stacks::dead)
    fail(Code::invalid_argument, "Token ", token, " may not come here; choose one that allowed() has.");
  config_ = masks_->stacks().narrowed(next, max_readings);
  allowed_ = nullptr;
  if (masks_->is_full()) masks_ = masks_->renewed(config_);
}

}  // namespace pmtune::grammar
