#include "data/object_fixer.hpp"

#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/conversation.hpp"
#include "data/pair_keys.hpp"
#include "data/problems.hpp"
#include "data/text_checks.hpp"

namespace pmtune::data {
namespace {

std::string without_invisible(std::string_view text, const char*& name) {
  std::string out;
  std::uint32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const std::uint32_t c = next_code_point(text, at);
    const char* invisible = c == 0xFFFD ? nullptr : invisible_name(c, before);  // a lost letter must be typed again
    if (invisible)
      name = invisible;
    else
      out += text.substr(begin, at - begin);
    before = c < 0x80 ? 0 : c;
  }
  return out;
}

std::string_view without_end_tokens(std::string_view text, std::string_view& token) {
  for (;;) {
    text = trimmed(text);
    const std::string_view first = find_template_token(text);
    if (!first.empty() && first.data() == text.data()) {
      token = first;
      text.remove_prefix(first.size());
      continue;
    }
    const std::size_t last = text.find_last_of("<[");
    if (last == std::string_view::npos || find_template_token(text.substr(last)).size() != text.size() - last)
      return text;
    token = text.substr(last);
    text.remove_suffix(token.size());
  }
}

// The surroundings of the first place where the two differ.
void show_difference(const std::string& was, const std::string& is, DatasetFix& fix) {
  const auto differ = std::mismatch(was.begin(), was.end(), is.begin(), is.end());
  const auto place = static_cast<std::size_t>(differ.first - was.begin());
  std::size_t at = place > 25 ? place - 25 : 0;
  // From the beginning of a word, if one is near; else of a character.
  if (const std::size_t space = was.find(' ', at); at > 0 && space < place) at = space + 1;
  at = whole_characters(std::string_view(was).substr(0, at));
  fix.before = quoted(std::string_view(was).substr(at), 60);
  fix.after = quoted(std::string_view(is).substr(at), 60);
  if (fix.before == fix.after) fix.before = fix.after = "";
}

class ObjectFixer {
 public:
  ObjectFixer(Json& object, std::int64_t line, std::vector<DatasetFix>& fixes)
      : object_(object), line_(line), fixes_(fixes) {}

  bool run() {
    const std::size_t before = fixes_.size();
    mend_keys(object_, {"messages", "conversations", "prompt", "completion", "instruction", "input", "output",
                        "question", "answer", "query", "response", "context", "system", "tags"});
    for (const char* list : {"messages", "conversations", "conversation"})
      if (object_.contains(list) && object_[list].is_array())
        for (std::size_t i = 0; i < object_[list].size(); ++i) mend_message(object_[list][i], i + 1);
    for (auto& [key, value] : object_.items())
      if (is_pair_key(key) && value.is_string()) mend_text(value, data::quoted(key));
    return fixes_.size() > before;
  }

 private:
  void add(const char* code, std::string message, std::string before = "", std::string after = "") {
    fixes_.push_back({line_, code, std::move(message), std::move(before), std::move(after)});
  }

  // "Role " becomes "role", where no other key has that name.
  void mend_keys(Json& object, const std::set<std::string>& known) {
    Json mended = Json::object();
    for (auto& [key, value] : object.items()) {
      const std::string plain = ascii_lower(trimmed(key));
      const bool rename = plain != key && known.contains(plain) && !object.contains(plain) && !mended.contains(plain);
      if (rename) add("message_unrecognized_key", concat("The key ", quoted(key), " is now ", quoted(plain), "."));
      mended[rename ? plain : key] = std::move(value);
    }
    object = std::move(mended);
  }

  void mend_message(Json& message, std::size_t number) {
    if (!message.is_object()) return;
    mend_keys(message, {"role", "content", "weight", "name", "from", "value"});
    if (message.contains("role") && message["role"].is_string()) mend_role(message["role"], number);
    for (const char* key : {"content", "value"})
      if (message.contains(key) && message[key].is_string()) mend_text(message[key], concat("message ", number));
  }

  void mend_role(Json& role, std::size_t number) {
    const std::string was = role.get<std::string>();
    if (is_role(was)) return;
    const std::string plain = ascii_lower(trimmed(was));
    const char* usual = usual_role(plain);
    const std::string meant = is_role(plain) ? plain : usual ? usual : "";
    if (meant.empty()) return;
    role = meant;
    add("unrecognized_role",
        concat("The role of message ", number, " is now ", quoted(meant), ", not ", quoted(was), "."));
  }

  void mend_text(Json& text, const std::string& place) {
    const std::string was = text.get<std::string>();
    std::string code, what;
    std::string is = cleaned_text(was, code, what);
    if (code.empty()) return;
    DatasetFix fix{line_, code, concat("In ", place, " ", what, "."), "", ""};
    show_difference(was, is, fix);
    fixes_.push_back(std::move(fix));
    text = std::move(is);
  }

  Json& object_;
  std::int64_t line_;
  std::vector<DatasetFix>& fixes_;
};

}  // namespace

std::string cleaned_text(std::string_view text, std::string& code, std::string& what) {
  const char* invisible = nullptr;
  const std::string seen = without_invisible(text, invisible);
  std::string_view token;
  const std::string_view plain = without_end_tokens(seen, token);
  if (plain.empty()) return std::string(text);  // nothing would be left: a person must look at it
  if (!token.empty()) {
    code = "template_tokens_in_content";
    what = concat("the sign ", quoted(token), " at an end of the text is removed");
  } else if (invisible) {
    code = "invisible_characters";
    what = concat(invisible, " is removed");
  } else if (plain.size() != text.size()) {
    code = "blank_ends";
    what = "blanks at the ends are removed";
  }
  return std::string(plain);
}

bool fix_object(Json& object, std::int64_t line, std::vector<DatasetFix>& fixes) {
  return ObjectFixer(object, line, fixes).run();
}

}  // namespace pmtune::data
