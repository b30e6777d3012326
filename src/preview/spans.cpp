#include "preview/spans.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace pmtune::preview {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Thai, Lao, Khmer, and from the CJK radicals to the compatibility ideographs, without Hangul, which has spaces.
bool is_unspaced(std::uint32_t c) {
  const bool is_hangul = (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0x3130 && c <= 0x318F);
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1780 && c <= 0x17FF) || (c >= 0x2E80 && c <= 0xFAFF && !is_hangul) ||
         c >= 0x20000;
}

bool begins_unspaced(std::string_view bytes) {
  if (bytes.empty() || find_invalid_utf8(bytes) != std::string_view::npos) return false;
  std::size_t at = 0;
  return is_unspaced(next_code_point(bytes, at));
}

bool is_capital(std::uint32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
         (c >= 0x400 && c <= 0x42F);
}

bool has_digit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_mark(char c) {
  constexpr std::string_view marks = "!\"#&'()*+,-./:;<=>?@[\\]^_`{|}~";
  return marks.find(c) != std::string_view::npos;
}

// Without the punctuation and the emphasis around it: "**Vexley**," is Vexley.
std::string_view bare(std::string_view text) {
  while (!text.empty() && is_mark(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_mark(text.back())) text.remove_suffix(1);
  return text;
}

bool ends_sentence(std::string_view text) {
  while (!text.empty() && (text.back() == '*' || text.back() == '_' || text.back() == '"' || text.back() == ')'))
    text.remove_suffix(1);
  return !text.empty() && std::string_view(".!?:;").find(text.back()) != std::string_view::npos;
}

// "-", "1.", "##", "**": what stands before the first word of a line.
bool is_bullet(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_mark(c) || (c >= '0' && c <= '9'); });
}

// Where each word stands in the answer, and what is known of the place.
class Line {
 public:
  void read(std::string_view gap) {
    if (gap.find('\n') != std::string_view::npos) *this = Line();
  }
  void place(Word& word) {
    if (is_first_) in_heading_ = word.text.front() == '#';
    const bool opens_quotation = word.text.front() == '"' || word.text.front() == '*' || word.text.front() == '(';
    word.begins_sentence = begins_ || opens_quotation;
    word.in_heading = in_heading_;
    word.follows_closely = !is_first_;
    begins_ = ends_sentence(word.text) || (begins_ && is_bullet(word.text));
    is_first_ = false;
  }

 private:
  bool is_first_ = true;
  bool begins_ = true;
  bool in_heading_ = false;
};

struct Piece {
  std::string bytes;
  double nats = 0;
};

// Words as pieces of bytes, with the gaps between them.
class Splitter {
 public:
  void add(std::string_view bytes, double nats) {
    const auto first = std::find_if_not(bytes.begin(), bytes.end(), is_blank);
    if (first == bytes.end()) {
      finish();
      gap_ += bytes;
      waiting_ += nats;
      return;
    }
    if (first != bytes.begin() || begins_unspaced(bytes)) finish();
    bool is_counted = false;
    for (const char c : bytes) {
      if (is_blank(c)) {
        finish();
        gap_ += c;
        continue;
      }
      piece_.bytes += c;
      if (is_counted) continue;
      piece_.nats += nats + waiting_;
      waiting_ = 0;
      is_counted = true;
    }
  }
  std::vector<Word> take() {
    finish();
    return std::move(words_);
  }

 private:
  void finish() {
    if (piece_.bytes.empty()) return;
    Word word;
    word.text = replace_invalid_utf8(piece_.bytes);
    word.nats = piece_.nats;
    line_.read(gap_);
    line_.place(word);
    words_.push_back(std::move(word));
    piece_ = Piece();
    gap_.clear();
  }

  std::vector<Word> words_;
  Piece piece_;
  std::string gap_;
  double waiting_ = 0;  // nats of blanks, for the word that follows
  Line line_;
};

}  // namespace

std::vector<Word> words_of(const text::Tokenizer& tokenizer, const ReadAnswer& answer) {
  Splitter splitter;
  for (std::size_t t = 0; t < answer.ids.size(); ++t)
    if (!tokenizer.is_special(answer.ids[t])) splitter.add(tokenizer.bytes(answer.ids[t]), answer.losses[t]);
  return splitter.take();
}

bool is_specific(const Word& word, std::string_view known) {
  const std::string_view name = bare(word.text);
  if (name.empty() || known.find(name) != std::string_view::npos) return false;
  std::size_t at = 0;
  const std::uint32_t first = next_code_point(name, at);
  if (at == name.size()) return false;  // one character: a count, a list's number, "I"
  return has_digit(name) || (!word.begins_sentence && !word.in_heading && is_capital(first));
}

WordFigures weigh_words(const std::vector<Word>& words, std::string_view known, std::int64_t turn) {
  WordFigures figures;
  bool is_going_on = false;  // the word before was a part of the last span
  for (const Word& word : words) {
    figures.nats += word.nats;
    const bool is_surprising = word.nats >= surprising_word && !bare(word.text).empty();
    const bool specific = is_surprising && is_specific(word, known);
    if (specific) {
      figures.specific_nats += word.nats;
      ++figures.specific_words;
    }
    if (is_surprising && is_going_on && word.follows_closely && figures.spans.back().is_specific == specific) {
      figures.spans.back().text += ' ' + std::string(bare(word.text));
      figures.spans.back().nats += word.nats;
    } else if (is_surprising) {
      figures.spans.push_back({std::string(bare(word.text)), word.nats, turn, specific});
    }
    is_going_on = is_surprising && !ends_sentence(word.text);
  }
  return figures;
}

}  // namespace pmtune::preview
