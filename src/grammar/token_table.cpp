#include "grammar/token_table.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "text/limits.hpp"

namespace pmtune::grammar {

TokenTable::TokenTable(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  if (tokens_.size() > text::max_tokens)
    fail(Code::invalid_argument, "A vocabulary of ", tokens_.size(), " tokens is too large; at most ",
         text::max_tokens, " can be used.");
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].size() > text::max_token_bytes)
      fail(Code::invalid_argument, "Token ", i, " has more than ", text::max_token_bytes, " bytes.");
    if (!tokens_[i].empty()) sorted_.push_back(static_cast<std::int32_t>(i));
  }
  std::sort(sorted_.begin(), sorted_.end(), [&](std::int32_t a, std::int32_t b) {
    const int order = bytes(a).compare(bytes(b));
    return order != 0 ? order < 0 : a < b;
  });

  std::vector<Node> path;  // the nodes to the token before, the root first
  byte_.push_back(0);
  end_.push_back(0);
  first_token_.push_back(0);
  path.push_back(root);
  std::string_view before;
  for (std::size_t i = 0; i < sorted_.size(); ++i) {
    const std::string_view now = bytes(sorted_[i]);
    const auto differ = std::mismatch(before.begin(), before.end(), now.begin(), now.end());
    add_nodes(static_cast<std::size_t>(differ.second - now.begin()), now, path);
    for (std::size_t node = first_token_.size(); node < byte_.size(); ++node)
      first_token_.push_back(static_cast<std::uint32_t>(i));
    before = now;
  }
  add_nodes(0, {}, path);
  end_[root] = static_cast<Node>(byte_.size());
  first_token_.push_back(static_cast<std::uint32_t>(sorted_.size()));
}

// Leaves the path's nodes behind `shared` bytes, and goes on with those of `bytes`.
void TokenTable::add_nodes(std::size_t shared, std::string_view bytes, std::vector<Node>& path) {
  while (path.size() > shared + 1) {
    end_[path.back()] = static_cast<Node>(byte_.size());
    path.pop_back();
  }
  for (std::size_t i = shared; i < bytes.size(); ++i) {
    path.push_back(static_cast<Node>(byte_.size()));
    byte_.push_back(static_cast<std::uint8_t>(bytes[i]));
    end_.push_back(0);
    // Tokens of this node's ancestors stand before all of its own.
  }
}

std::shared_ptr<const TokenTable> TokenTable::of(const text::Tokenizer& tokenizer, std::int64_t size) {
  std::vector<std::string> tokens(static_cast<std::size_t>(std::max(size, tokenizer.size())));
  for (std::int32_t id = 0; id < tokenizer.size(); ++id)
    if (!tokenizer.is_special(id)) tokens[static_cast<std::size_t>(id)] = tokenizer.bytes(id);
  return std::make_shared<const TokenTable>(std::move(tokens));
}

const StateMask& TokenTable::standard_mask(const Dfa& dfa, Dfa::State state) const {
  const std::lock_guard<std::mutex> guard(lock_);
  std::unique_ptr<const StateMask>& mask = standard_[&dfa][state];
  if (mask == nullptr) mask = std::make_unique<const StateMask>(*this, dfa, state);
  return *mask;
}

}  // namespace pmtune::grammar
