#include "text/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cctype>
#include <new>

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/regex_dialect.hpp"

namespace pmtune::text {
namespace {

// What a search writes to. One per thread, since a Regex is shared between threads.
class Scratch {
 public:
  Scratch() {
    match_ = pcre2_match_data_create(1, nullptr);
    context_ = pcre2_match_context_create(nullptr);
    if (match_ == nullptr || context_ == nullptr) {
      release();
      throw std::bad_alloc();
    }
    pcre2_set_match_limit(context_, regex_match_limit);
    pcre2_set_heap_limit(context_, regex_heap_limit_kib);
    stack_ = pcre2_jit_stack_create(32 * 1024, regex_jit_stack_bytes, nullptr);
    if (stack_ != nullptr) pcre2_jit_stack_assign(context_, nullptr, stack_);
  }
  ~Scratch() { release(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  pcre2_match_data* match() { return match_; }
  pcre2_match_context* context() { return context_; }

 private:
  void release() {
    pcre2_jit_stack_free(stack_);
    pcre2_match_context_free(context_);
    pcre2_match_data_free(match_);
  }
  pcre2_match_data* match_ = nullptr;
  pcre2_match_context* context_ = nullptr;
  pcre2_jit_stack* stack_ = nullptr;
};

Scratch& scratch() {
  thread_local Scratch of_this_thread;
  return of_this_thread;
}

std::string describe(int error) {
  std::array<PCRE2_UCHAR, 256> text{};
  if (pcre2_get_error_message(error, text.data(), text.size()) < 0) return concat("error ", error);
  return reinterpret_cast<const char*>(text.data());
}

std::size_t next_character(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

}  // namespace

struct Regex::Compiled {
  std::string pattern;
  std::string where;
  pcre2_code* code = nullptr;

  Compiled(std::string_view from_pattern, std::string_view from_where) : pattern(from_pattern), where(from_where) {
    const std::string translated = translate_pattern(pattern, where);
    int error = 0;
    PCRE2_SIZE at = 0;
    // In Oniguruma's default syntax ^ and $ match at every line.
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                         PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr);
    if (code == nullptr)
      fail(Code::corrupt, "The pre-tokenizer pattern of ", where,
           " is not a valid regular expression: ", describe(error), "; fetch the model again.");
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where it fails, the interpreter matches the same, more slowly
  }
  ~Compiled() { pcre2_code_free(code); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  // The first match at or after `from`. match_limit and the rest make a hostile pattern an error, not a hang.
  bool find(std::string_view text, std::size_t from, ByteRange& found) const {
    Scratch& memory = scratch();
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    int result = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, memory.match(), memory.context());
    if (result == PCRE2_ERROR_JIT_STACKLIMIT)  // the interpreter keeps its state on the heap
      result = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, memory.match(),
                           memory.context());
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0)
      fail(Code::corrupt, "The pre-tokenizer pattern of ", where, " takes too much time or memory on a text of ",
           text.size(), " bytes (", describe(result), "); fetch the model again, or shorten the text.");
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(memory.match());
    found = {bounds[0], bounds[1]};
    if (found.begin > found.end || found.begin < from)  // \K in a lookaround can do this
      fail(Code::corrupt, "The pre-tokenizer pattern of ", where,
           " matches backwards, which cannot split a text; fetch the model again.");
    return true;
  }
};

Regex::Regex(std::string_view pattern, std::string_view where)
    : compiled_(std::make_shared<const Compiled>(pattern, where)) {}

std::string Regex::escaped(std::string_view literal) {
  std::string pattern;
  for (const char c : literal) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

const std::string& Regex::pattern() const { return compiled_->pattern; }

void Regex::find_all(std::string_view text, std::vector<ByteRange>& matches) const {
  std::size_t at = 0;
  std::size_t last_end = std::string_view::npos;  // an empty match right behind a match is no match
  ByteRange found;
  while (at <= text.size() && compiled_->find(text, at, found)) {
    at = found.end;
    if (found.size() == 0) {
      if (found.end == last_end) {
        at = next_character(text, at);
        continue;
      }
    }
    last_end = found.end;
    matches.push_back(found);
  }
}

}  // namespace pmtune::text
