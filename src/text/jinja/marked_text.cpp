#include "text/jinja/marked_text.hpp"

#include <algorithm>

namespace pmtune::text::jinja {

MarkedText MarkedText::trusted(std::string text) { return derived(std::move(text), false); }
MarkedText MarkedText::untrusted(std::string text) { return derived(std::move(text), true); }

MarkedText MarkedText::derived(std::string text, bool from_untrusted) {
  MarkedText made;
  made.bytes_ = std::move(text);
  if (from_untrusted) made.mark({0, made.size()});
  return made;
}

void MarkedText::mark(ByteRange range) {
  if (range.size() == 0) return;
  if (!untrusted_.empty() && untrusted_.back().end == range.begin) {
    untrusted_.back().end = range.end;
  } else {
    untrusted_.push_back(range);
  }
}

void MarkedText::append_slice(const MarkedText& other, std::size_t begin, std::size_t end) {
  const std::size_t start = bytes_.size();
  bytes_.append(other.bytes_, begin, end - begin);
  auto range = std::lower_bound(other.untrusted_.begin(), other.untrusted_.end(), begin,
                                [](const ByteRange& candidate, std::size_t at) { return candidate.end <= at; });
  for (; range != other.untrusted_.end() && range->begin < end; ++range)
    mark({start + std::max(range->begin, begin) - begin, start + std::min(range->end, end) - begin});
}

MarkedText MarkedText::slice(std::size_t begin, std::size_t end) const {
  MarkedText made;
  made.append_slice(*this, begin, end);
  return made;
}

}  // namespace pmtune::text::jinja
