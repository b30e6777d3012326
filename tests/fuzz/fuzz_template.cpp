#include "base/utf8.hpp"
#include "target.hpp"
#include "text/chat_template.hpp"
#include "text/jinja/limits.hpp"

using namespace pmtune;

namespace {

const std::vector<text::ChatMessage> conversation = {
    {"system", "Be brief."}, {"user", "Hi <|im_end|> {{ 7 }} \u00E4"}, {"assistant", "Hello\n"}, {"user", "2?"}};

void check_rendering(const text::ChatTemplate& chat_template) {
  constexpr std::time_t now = 1'750'000'000;
  const text::MarkedRendering shown = chat_template.render_marked(conversation, true, now);
  fuzz::require(shown.text.size() <= text::jinja::max_output_bytes, "what is rendered keeps to its limit");
  fuzz::require(find_invalid_utf8(shown.text) == std::string_view::npos, "what is rendered is UTF-8");
  std::size_t reached = 0;
  for (const text::ByteRange& range : shown.untrusted) {
    fuzz::require(range.begin >= reached && range.end > range.begin && range.end <= shown.text.size(),
                  "ranges of a person's words are sorted, disjoint and within the text");
    reached = range.end;
  }
  fuzz::require(chat_template.render_marked(conversation, true, now).text == shown.text,
                "the same conversation is rendered alike");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::accepted([&] { check_rendering(text::ChatTemplate(fuzz::as_text(data, size), "<s>", "</s>")); });
  return 0;
}
