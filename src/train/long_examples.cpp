#include "train/long_examples.hpp"

#include <algorithm>

#include "base/fail.hpp"

namespace pmtune::train {
namespace {

bool is_taught(const Encoded& encoded) {
  return std::find(encoded.mask.begin(), encoded.mask.end(), 1) != encoded.mask.end();
}

// A conversation in turns: a question (in the first one with the system message before it) and its answer.
class Turns {
 public:
  Turns(const Model& model, const std::vector<Message>& messages) : model_(model), messages_(messages) {
    has_system_ = messages.front().role == "system";
    for (std::size_t i = has_system_ ? 1 : 0; i < messages.size(); ++i)
      if (messages[i].role == "assistant") ends_.push_back(i + 1);
  }

  std::size_t size() const { return ends_.size(); }

  // Turns [from, to), of which those from `taught` on keep their weights.
  Encoded encode(std::size_t from, std::size_t taught, std::size_t to) const {
    std::vector<Message> messages;
    if (has_system_) messages.push_back(messages_.front());
    for (std::size_t i = begin_of(from); i < ends_[to - 1]; ++i) {
      messages.push_back(messages_[i]);
      if (i < begin_of(taught) && messages_[i].role == "assistant") messages.back().weight = 0;
    }
    return model_.encode(messages);
  }

 private:
  std::size_t begin_of(std::size_t turn) const { return turn == 0 ? (has_system_ ? 1 : 0) : ends_[turn - 1]; }

  const Model& model_;
  const std::vector<Message>& messages_;
  bool has_system_ = false;
  std::vector<std::size_t> ends_;  // in messages_, behind each answer
};

std::vector<std::string> token_texts(const Model& model, const std::vector<std::int32_t>& ids) {
  std::vector<std::string> texts;
  std::string before;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // By itself a token may lose the space before it.
    std::string pair = i == 0 ? "" : model.detokenize({ids[i - 1], ids[i]}, false);
    std::string alone = model.detokenize({ids[i]}, false);
    texts.push_back(pair.starts_with(before) && i > 0 ? pair.substr(before.size()) : alone);
    before = std::move(alone);
  }
  return texts;
}

std::vector<Encoded> divide_turn(const Model& model, const Encoded& whole, std::size_t limit,
                                 const std::string& where) {
  const auto begin =
      static_cast<std::size_t>(std::find(whole.mask.begin(), whole.mask.end(), 1) - whole.mask.begin());
  // Less than a quarter for the answer would repeat the question for every few words.
  if (begin * 4 > limit * 3)
    fail(Code::invalid_argument, where, " has a question of ", begin,
         " tokens, which leaves no room for its answer in a "
         "context length of ",
         limit, "; shorten the question or raise context_length (the model's own limit may be higher).");
  return divide_answer(whole, begin, breaks_after(token_texts(model, whole.ids)), limit);
}

}  // namespace

std::vector<std::uint8_t> breaks_after(const std::vector<std::string>& tokens) {
  std::vector<std::uint8_t> breaks(tokens.size(), 0);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& text = tokens[i];
    const bool more = i + 1 < tokens.size();
    if (text.ends_with('\n')) {
      const bool blank_line =
          text.size() >= 2 ? text[text.size() - 2] == '\n' : i > 0 && tokens[i - 1].ends_with('\n');
      // The blank line belongs to the paragraph before it.
      breaks[i] = more && tokens[i + 1].starts_with('\n') ? 0 : blank_line ? 3 : 2;
    } else if (more && tokens[i + 1].starts_with(' ') &&
               (text.ends_with('.') || text.ends_with('?') || text.ends_with('!'))) {
      breaks[i] = 1;
    }
  }
  return breaks;
}

std::vector<Encoded> divide_answer(const Encoded& whole, std::size_t begin,
                                   const std::vector<std::uint8_t>& break_after, std::size_t limit) {
  const std::size_t room = limit - begin, size = whole.ids.size();
  std::vector<Encoded> parts;
  for (std::size_t next = begin; next < size;) {
    // A quarter of the room shows what came before, from the beginning of a line if one is near.
    std::size_t from = next - std::min(next - begin, room / 4);
    for (std::size_t at = from; at > begin && at < next; ++at)
      if (break_after[at - 1] >= 2) {
        from = at;
        break;
      }
    const std::size_t furthest = std::min(size, from + room);
    std::size_t end = furthest;
    // The best place in the second half of what is new; of equally good ones the last.
    if (furthest < size)
      for (std::size_t at = furthest; at > next + (furthest - next) / 2; --at)
        if (break_after[at - 1] > break_after[end - 1]) end = at;
    Encoded part;
    const auto copy = [&](std::size_t first, std::size_t last, bool taught) {
      for (std::size_t i = first; i < last; ++i) {
        part.ids.push_back(whole.ids[i]);
        part.mask.push_back(taught ? whole.mask[i] : 0);
      }
    };
    copy(0, begin, false);
    copy(from, next, false);
    copy(next, end, true);
    if (is_taught(part)) parts.push_back(std::move(part));
    next = end;
  }
  return parts;
}

std::vector<Encoded> divide_example(const Model& model, const std::vector<Message>& messages, std::int64_t limit,
                                    const std::string& where) {
  const Turns turns(model, messages);
  std::vector<Encoded> parts;
  for (std::size_t next = 0; next < turns.size();) {
    Encoded part = turns.encode(next, next, next + 1);
    if (static_cast<std::int64_t>(part.ids.size()) > limit) {
      for (Encoded& piece : is_taught(part) ? divide_turn(model, part, static_cast<std::size_t>(limit), where)
                                            : std::vector<Encoded>())
        parts.push_back(std::move(piece));
      ++next;
      continue;
    }
    std::size_t from = next, end = next + 1;
    const auto grow = [&](std::size_t wider_from, std::size_t wider_end, std::int64_t most) {
      Encoded wider = turns.encode(wider_from, next, wider_end);
      if (static_cast<std::int64_t>(wider.ids.size()) > most) return false;
      part = std::move(wider);
      from = wider_from, end = wider_end;
      return true;
    };
    // First a quarter for what stood before, then what is new, then more of what stood before.
    const auto with_context = std::min(limit, static_cast<std::int64_t>(part.ids.size()) + limit / 4);
    while (from > 0 && grow(from - 1, end, with_context)) {
    }
    while (end < turns.size() && grow(from, end + 1, limit)) {
    }
    while (from > 0 && grow(from - 1, end, limit)) {
    }
    if (is_taught(part)) parts.push_back(std::move(part));
    next = end;
  }
  return parts;
}

}  // namespace pmtune::train
