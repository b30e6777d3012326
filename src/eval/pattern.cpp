#include "eval/pattern.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/fail.hpp"

namespace pmtune::eval {
namespace {

constexpr std::size_t longest_pattern = 4096;    // bytes
constexpr std::uint32_t most_steps = 2'000'000;  // a fraction of a second
constexpr std::uint32_t most_depth = 100'000;
constexpr std::uint32_t most_heap = 64 * 1024;  // KiB

std::string reason_of(int code) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Pattern::Code {
  pcre2_code* compiled = nullptr;
  pcre2_match_context* limits = nullptr;
  ~Code() {
    pcre2_match_context_free(limits);
    pcre2_code_free(compiled);
  }
};

Pattern::Pattern(const std::string& text) {
  if (text.size() > longest_pattern)
    fail(pmtune::Code::invalid_argument, "A pattern of ", text.size(), " bytes is too long; the most is ",
         longest_pattern, ".");
  auto code = std::make_shared<Code>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  code->compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                 PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr);
  if (!code->compiled)
    fail(pmtune::Code::invalid_argument, "The pattern ", text, " is not a valid regular expression at character ",
         offset + 1, ": ", reason_of(error), ".");
  code->limits = pcre2_match_context_create(nullptr);
  if (!code->limits)
    fail(pmtune::Code::out_of_memory, "There is not enough memory to prepare the pattern ", text, ".");
  pcre2_set_match_limit(code->limits, most_steps);
  pcre2_set_depth_limit(code->limits, most_depth);
  pcre2_set_heap_limit(code->limits, most_heap);
  code_ = std::move(code);
}

Pattern::Match Pattern::search(const std::string& subject) const {
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create_from_pattern(code_->compiled, nullptr), pcre2_match_data_free);
  if (!data) fail(pmtune::Code::out_of_memory, "There is not enough memory to search an answer.");
  const int found = pcre2_match(code_->compiled, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0,
                                data.get(), code_->limits);
  if (found >= 0) return Match::yes;
  return found == PCRE2_ERROR_NOMATCH ? Match::no : Match::too_costly;
}

}  // namespace pmtune::eval
