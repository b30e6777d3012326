#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <limits>

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view fetch_again = "; fetch the model again.";

TokenId id_of(const Json& value, std::string_view token, const std::string& where) {
  const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<TokenId>::max();
  if (!fits)
    fail(Code::corrupt, "The token \"", shown(token), "\" in ", where, " has the id ", shown(value.dump()),
         ", which is not a whole number from 0 to 2147483647", fetch_again);
  return value.get<TokenId>();
}

class TokenizerJsonReader {
 public:
  explicit TokenizerJsonReader(const std::string& where) : where_(where) { parts_.where = where; }

  void read(const Json& root) {
    const Json& model = need(root, "model", &Json::is_object, "object");
    check_model(model);
    const auto part = [&](const char* key) { return root.value(key, Json()); };
    parts_.normalizer = Normalizer::from_json(part("normalizer"), where_);
    parts_.pre_tokenizer = PreTokenizer::from_json(part("pre_tokenizer"), where_);
    parts_.byte_fallback = flag(model, "byte_fallback", false, where_);
    if (!parts_.pre_tokenizer.is_byte_level()) {
      parts_.alphabet = Alphabet::characters;
      parts_.decoding = TokenDecoding::from_json(part("decoder"), where_);
    } else if (parts_.byte_fallback) {
      refuse("byte_fallback");
    }
    read_tokens(model, root);
    read_merges(model);
    read_unknown(model);
    if (const Json* processor = member(root, "post_processor")) read_first_token(*processor);
  }

  TokenizerJson take() && { return {std::move(parts_), std::move(first_token_)}; }

 private:
  [[noreturn]] void refuse(const char* option) const {
    fail(Code::unsupported, where_, " sets \"", option, "\", which this build cannot do; choose another model.");
  }

  void check_model(const Json& model) const {
    const Json* type = member(model, "type");
    if (type != nullptr && *type != "BPE")
      fail(Code::unsupported, where_, " is a tokenizer of the kind ", shown(type->dump()),
           "; only BPE can be used yet, choose another model.");
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
      if (const Json* value = member(model, affix); value != nullptr && *value != "") refuse(affix);
    if (const Json* dropout = member(model, "dropout"); dropout != nullptr && *dropout != 0.0) refuse("dropout");
  }

  const Json& need(const Json& object, const char* key, bool (Json::*is_kind)() const noexcept,
                   const char* kind) const {
    const Json* value = member(object, key);
    if (value == nullptr || !(value->*is_kind)())
      fail(Code::corrupt, where_, " has no ", kind, " \"", key, "\"", fetch_again);
    return *value;
  }

  void place(TokenId id, const std::string& text) {
    // Ids are checked against what could be there before memory is taken for them.
    if (static_cast<std::size_t>(id) >= id_limit_)
      fail(Code::corrupt, "The token \"", shown(text), "\" in ", where_, " has the id ", id, ", but there are only ",
           id_limit_, " tokens", fetch_again);
    if (static_cast<std::size_t>(id) >= parts_.tokens.size()) {
      parts_.tokens.resize(static_cast<std::size_t>(id) + 1);
      is_taken_.resize(parts_.tokens.size());
    }
    if (is_taken_[static_cast<std::size_t>(id)] && parts_.tokens[static_cast<std::size_t>(id)] != text)
      fail(Code::corrupt, "Two tokens in ", where_, " have the id ", id, fetch_again);
    is_taken_[static_cast<std::size_t>(id)] = true;
    parts_.tokens[static_cast<std::size_t>(id)] = text;
  }

  void read_tokens(const Json& model, const Json& root) {
    const Json& vocabulary = need(model, "vocab", &Json::is_object, "object");
    const Json* added = member(root, "added_tokens");
    if (added != nullptr && !added->is_array())
      fail(Code::corrupt, "\"added_tokens\" in ", where_, " is not a list", fetch_again);
    id_limit_ = vocabulary.size() + (added == nullptr ? 0 : added->size());
    if (id_limit_ > max_tokens)
      fail(Code::corrupt, where_, " has ", id_limit_, " tokens, more than ", max_tokens, fetch_again);
    for (const auto& [text, id] : vocabulary.items()) {
      if (text.size() > max_token_bytes)
        fail(Code::corrupt, "A token in ", where_, " is ", text.size(), " bytes long, more than ", max_token_bytes,
             fetch_again);
      place(id_of(id, text, where_), text);
    }
    if (added != nullptr)
      for (const Json& token : *added) read_added(token);
    const auto gap = std::find(is_taken_.begin(), is_taken_.end(), false);
    if (gap != is_taken_.end())
      fail(Code::corrupt, "No token in ", where_, " has the id ", gap - is_taken_.begin(),
           ", though higher ids exist", fetch_again);
  }

  void read_added(const Json& token) {
    const Json* content = token.is_object() ? member(token, "content") : nullptr;
    const Json* id = token.is_object() ? member(token, "id") : nullptr;
    if (content == nullptr || !content->is_string() || id == nullptr)
      fail(Code::corrupt, "An added token in ", where_, " has no content or no id", fetch_again);
    AddedToken added;
    added.text = content->get<std::string>();
    added.id = id_of(*id, added.text, where_);
    added.special = flag(token, "special", false, where_);
    added.strips_left = flag(token, "lstrip", false, where_);
    added.strips_right = flag(token, "rstrip", false, where_);
    added.after_others = flag(token, "normalized", !added.special, where_);
    added.single_word = flag(token, "single_word", false, where_);
    place(added.id, added.text);
    parts_.added.push_back(std::move(added));
  }

  void read_merges(const Json& model) {
    const Json& merges = need(model, "merges", &Json::is_array, "list");
    if (merges.size() > max_merges)
      fail(Code::corrupt, where_, " has ", merges.size(), " merges, more than ", max_merges, fetch_again);
    parts_.merges.reserve(merges.size());
    for (const Json& merge : merges) parts_.merges.push_back(read_merge(merge));
    parts_.ignore_merges = flag(model, "ignore_merges", false, where_);
  }

  // "a b" in older files, ["a", "b"] in newer ones.
  std::pair<std::string, std::string> read_merge(const Json& merge) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
      return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    const std::string text = merge.is_string() ? merge.get<std::string>() : "";
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
      fail(Code::corrupt, "Merge ", parts_.merges.size(), " in ", where_, " is not two tokens", fetch_again);
    return {text.substr(0, space), text.substr(space + 1)};
  }

  void read_unknown(const Json& model) {
    const Json* unknown = member(model, "unk_token");
    if (unknown == nullptr) return;
    if (!unknown->is_string()) fail(Code::corrupt, "\"unk_token\" in ", where_, " is not a text", fetch_again);
    parts_.unknown = find_token(parts_, unknown->get<std::string>(), "unk_token");
    parts_.fuse_unknown = flag(model, "fuse_unk", false, where_);
  }

  // A template that puts a special token before every text: the sign of a model that expects a BOS (Llama 3).
  void read_first_token(const Json& processor) {
    if (!processor.is_object()) return;
    if (const Json* steps = member(processor, "processors"); steps != nullptr && steps->is_array())
      for (const Json& step : *steps) read_first_token(step);
    const Json* single = member(processor, "single");
    if (single == nullptr || !single->is_array() || single->empty() || !single->front().is_object()) return;
    const Json* special = member(single->front(), "SpecialToken");
    const Json* id = special != nullptr && special->is_object() ? member(*special, "id") : nullptr;
    if (id != nullptr && id->is_string()) first_token_ = id->get<std::string>();
  }

  const std::string& where_;
  BpeParts parts_;
  std::size_t id_limit_ = 0;
  std::vector<bool> is_taken_;
  std::string first_token_;
};

}  // namespace

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const Json& object, const char* key, bool otherwise, const std::string& where) {
  const Json* value = member(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(Code::corrupt, "\"", key, "\" in ", where, " is not true or false", fetch_again);
  return value->get<bool>();
}

TokenId find_token(const BpeParts& parts, const std::string& text, const char* what) {
  const auto found = std::find(parts.tokens.begin(), parts.tokens.end(), text);
  if (found == parts.tokens.end())
    fail(Code::corrupt, "The ", what, " \"", shown(text), "\" of ", parts.where, " is not in its vocabulary",
         fetch_again);
  return static_cast<TokenId>(found - parts.tokens.begin());
}

TokenizerJson read_tokenizer_json(const Json& root, const std::string& where) {
  TokenizerJsonReader reader(where);
  reader.read(root);
  return std::move(reader).take();
}

}  // namespace pmtune::text
