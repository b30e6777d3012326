#include "train/rows.hpp"

#include <algorithm>
#include <map>

#include "base/fail.hpp"
#include "model/impl.hpp"
#include "train/long_examples.hpp"
#include "train/shared_prefix.hpp"

namespace pmtune::train {
namespace {

std::string place_of(const Example& example, std::size_t index) {
  if (!example.origin.empty() && example.line > 0) return concat(example.origin, " line ", example.line);
  return concat("example ", index + 1);
}

class RowMaker {
 public:
  RowMaker(const Model& model, const TrainConfig& config)
      : model_(model), config_(config), limit_(std::min(config.context_length, model.info().context_length)) {}

  void add(const Example& example, std::size_t index) {
    const std::string where = place_of(example, index);
    Encoded encoded = model_.encode(example.messages);
    if (static_cast<std::int64_t>(encoded.ids.size()) <= limit_)
      add_row(std::move(encoded), where);
    else if (config_.long_examples == "truncate")
      add_cut(std::move(encoded), where);
    else if (config_.long_examples == "split")
      add_divided(example, where);
    else
      fail(Code::invalid_argument, where, " has ", encoded.ids.size(), " tokens, more than the context length of ",
           limit_, "; shorten the example or raise context_length (the model's own limit may be higher).");
  }

  std::vector<TokenRow> rows;
  LongExamples long_examples;

 private:
  void add_divided(const Example& example, const std::string& where) {
    std::vector<Encoded> parts = divide_example(model_, example.messages, limit_, where);
    if (parts.empty()) fail_untaught(where, "");
    ++long_examples.divided;
    long_examples.parts += static_cast<std::int64_t>(parts.size());
    for (Encoded& part : parts) add_row(std::move(part), where);
  }

  void add_cut(Encoded encoded, const std::string& where) {
    const auto limit = static_cast<std::ptrdiff_t>(limit_);
    ++long_examples.cut;
    long_examples.lost_tokens += std::count(encoded.mask.begin() + limit, encoded.mask.end(), 1);
    encoded.ids.resize(static_cast<std::size_t>(limit_));
    encoded.mask.resize(static_cast<std::size_t>(limit_));
    add_row(std::move(encoded), where);
  }

  void add_row(Encoded encoded, const std::string& where) {
    TokenRow row;
    row.where = where;
    const auto encoded_length = static_cast<std::int64_t>(encoded.ids.size());
    row.ids = std::move(encoded.ids);
    row.mask = std::move(encoded.mask);
    for (std::size_t t = 1; t < row.mask.size(); ++t) row.taught += row.mask[t];
    if (row.taught == 0) fail_untaught(where, long_examples.cut > 0 ? " after cutting it" : "");
    // With dropout each example draws its own, and longer texts may be rotated otherwise.
    if (config_.dropout == 0 && !model_.impl().weights().is_rotated_otherwise(encoded_length))
      row.sharable = sharable_tokens(row);
    rows.push_back(std::move(row));
  }

  [[noreturn]] static void fail_untaught(const std::string& where, const char* when) {
    fail(Code::invalid_argument, where, " teaches nothing: no answer is left to learn from", when,
         "; give it an assistant answer with weight 1, or remove it.");
  }

  const Model& model_;
  const TrainConfig& config_;
  std::int64_t limit_;
};

}  // namespace

std::string LongExamples::to_text() const {
  const auto examples = [](std::int64_t count) {
    return concat(count, count == 1 ? " example is" : " examples are");
  };
  if (divided > 0)
    return concat(examples(divided), " longer than the context length, and divided into ", parts, " parts");
  if (cut > 0)
    return concat(examples(cut), " longer than the context length, and cut; ", lost_tokens,
                  " tokens of answers are not taught");
  return "";
}

std::vector<TokenRow> make_rows(const Model& model, const Dataset& data, const TrainConfig& config,
                                LongExamples* long_examples) {
  RowMaker maker(model, config);
  for (std::size_t i = 0; i < data.size(); ++i) maker.add(data[i], i);
  if (long_examples) *long_examples = maker.long_examples;
  return std::move(maker.rows);
}

namespace {

// Lays tokens [from, to) of a row at the end of the batch.
void lay(const TokenRow& row, std::int64_t from, std::int64_t to, PackedBatch& batch) {
  const auto length = static_cast<std::int64_t>(row.ids.size());
  for (std::int64_t t = from; t < to; ++t) {
    if (t + 1 < length && row.mask[static_cast<std::size_t>(t + 1)]) {
      batch.taught_rows.push_back(static_cast<std::int64_t>(batch.ids.size()));
      batch.targets.push_back(row.ids[static_cast<std::size_t>(t + 1)]);
    }
    batch.ids.push_back(row.ids[static_cast<std::size_t>(t)]);
    batch.positions.push_back(t);
    batch.lengths.push_back(length);
  }
}

}  // namespace

PackedBatch pack(const std::vector<const TokenRow*>& rows, std::int64_t multiple) {
  PackedBatch batch;
  const auto end = [&] { return static_cast<std::int64_t>(batch.ids.size()); };
  const std::vector<RowSize> sizes = share_prefixes(rows);
  std::map<std::int64_t, std::int64_t> prefixes;  // where that of each family stands
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TokenRow* row = rows[i];
    kernels::Segment segment{};
    if (sizes[i].family >= 0) {
      const auto [prefix, first] = prefixes.emplace(sizes[i].family, end());
      if (first) {
        batch.segments.push_back({end(), sizes[i].shared});
        lay(*row, 0, sizes[i].shared, batch);
      }
      segment.prefix_offset = prefix->second;
      segment.prefix_length = sizes[i].shared;
    }
    segment.offset = end();
    segment.length = sizes[i].own;
    batch.examples.push_back({row->slot, batch.segments.size()});
    batch.segments.push_back(segment);
    lay(*row, segment.prefix_length, segment.prefix_length + segment.length, batch);
  }
  batch.tokens = end();
  const std::int64_t filler = (multiple - batch.tokens % multiple) % multiple;
  if (filler > 0) {
    batch.segments.push_back({batch.tokens, filler});
    for (std::int64_t t = 0; t < filler; ++t) {
      batch.ids.push_back(0);
      batch.positions.push_back(t);
      batch.lengths.push_back(filler);
    }
  }
  return batch;
}

std::vector<std::vector<const TokenRow*>> divide(const std::vector<const TokenRow*>& step, std::int64_t tokens) {
  const std::vector<std::size_t> place = first_fit(share_prefixes(step), tokens);
  std::vector<std::vector<const TokenRow*>> batches;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (place[i] >= batches.size()) batches.resize(place[i] + 1);
    batches[place[i]].push_back(step[i]);
  }
  // Longest first: the kernels begin with what takes longest.
  for (auto& batch : batches)
    std::stable_sort(batch.begin(), batch.end(),
                     [](const TokenRow* a, const TokenRow* b) { return a->ids.size() > b->ids.size(); });
  return batches;
}

}  // namespace pmtune::train
