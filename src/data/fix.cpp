// Dataset::fix: a copy in which everything is mended that can be mended safely.
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <unordered_set>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/utf8.hpp"
#include "data/canonical.hpp"
#include "data/gunzip.hpp"
#include "data/json_repair.hpp"
#include "data/object_fixer.hpp"
#include "data/problems.hpp"
#include "data/recode.hpp"
#include "data/record_parser.hpp"
#include "data/record_reader.hpp"

namespace pmtune {
namespace {

class FixedCopy {
 public:
  FixedCopy(const std::string& path, const std::string& copy, const LoadOptions& options)
      : path_(path), options_(options), parser_(options.format, path), out_(copy) {}

  std::vector<DatasetFix> write() {
    try {
      copy_records();
    } catch (data::DamagedContent& damaged) {
      leave_out(damaged.problem);
    }
    out_.commit();
    return std::move(fixes_);
  }

 private:
  void copy_records() {
    data::RecordReader reader(source(), path_, options_.format);
    if (reader.unreadable()) fail(Code::unsupported, data::one_sentence(path_, *reader.unreadable()));
    as_it_was_ = reader.container() == "jsonl";
    if (!as_it_was_) add(0, "container", "The copy holds one example on each line (JSONL).");
    data::Record record;
    std::optional<Problem> cut;
    while (reader.next(record, cut))
      if (cut)
        leave_out(*cut);
      else
        copy(record);
  }

  // Unpacked, and as UTF-8.
  data::ReadBytes source() {
    data::ByteBuffer buffer = data::unpacked(data::read_file(path_)).buffer;
    const data::WideEncoding encoding = data::wide_encoding_of(buffer.rest());
    if (!encoding.name) return buffer.source();
    add(0, "encoding", concat("The copy is UTF-8; the file was ", encoding.name, "."));
    return data::utf8_from(buffer.source(), encoding);
  }

  void add(std::int64_t line, const char* code, std::string message) {
    fixes_.push_back({line, code, std::move(message), "", ""});
  }

  void leave_out(const Problem& problem) {
    add(problem.line, "left_out", "It could not be copied. " + problem.message);
  }

  void copy(const data::Record& record) {
    std::string text(record.text);
    Json object;
    bool changed = !as_it_was_;
    if (record.object)
      object = *record.object;
    else if (!understand(record.line, text, object, changed))
      return write_line(text);
    changed |= object.is_object() && data::fix_object(object, record.line, fixes_);
    if (is_repeated(object, record.line)) return;
    write_line(changed ? object.dump() : text);
  }

  // False when the record remains what it is; then `text` may still have been mended.
  bool understand(std::int64_t line, std::string& text, Json& object, bool& changed) {
    if (const std::size_t at = find_invalid_utf8(text); at != std::string::npos) {
      text = data::utf8_from_windows(text);
      fixes_.push_back(
          {line, "encoding", "A character that was saved in another encoding is UTF-8 now.", "",
           data::quoted(std::string_view(text).substr(text.size() < 40 ? 0 : start_near(text, at)), 60)});
    }
    JsonFault fault;
    if (parse_json(text, object, fault)) return true;
    std::optional<data::JsonRepair> repaired = data::repair_json(text);
    if (!repaired) return false;
    add(line, "invalid_json", std::move(repaired->what));
    object = std::move(repaired->value);
    return changed = true;
  }

  static std::size_t start_near(const std::string& text, std::size_t at) {
    return whole_characters(std::string_view(text).substr(0, at > 20 ? at - 20 : 0));
  }

  bool is_repeated(const Json& object, std::int64_t line) {
    data::Record record;
    record.line = line;
    record.object = &object;
    Example example;
    std::vector<Problem> problems;
    if (!object.is_object()) return false;
    parser_.parse(record, example, problems);
    if (!problems.empty() || written_.insert(data::canonical_conversation(example)).second) return false;
    add(line, "duplicate_example", "It stands in the file before, and is left out.");
    return true;
  }

  void write_line(std::string line) {
    std::replace(line.begin(), line.end(), '\n', ' ');  // of an example that was written over several lines
    out_.write(line + "\n");
  }

  const std::string& path_;
  const LoadOptions& options_;
  data::RecordParser parser_;
  AtomicFile out_;
  bool as_it_was_ = true;
  std::vector<DatasetFix> fixes_;
  std::unordered_set<std::string> written_;
};

void refuse_same_file(const std::string& path, const std::string& copy) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::equivalent(path, copy, error) || fs::path(path) == fs::path(copy))
    fail(Code::invalid_argument, "The copy ", copy, " would replace the file itself; give it another name.");
}

}  // namespace

FixReport Dataset::fix(const std::string& path, const std::string& copy, const LoadOptions& options) {
  validate_options(options);
  refuse_same_file(path, copy);
  FixReport report;
  report.path = path;
  report.copy = copy;
  report.fixes = FixedCopy(path, copy, options).write();
  std::stable_sort(report.fixes.begin(), report.fixes.end(),
                   [](const DatasetFix& a, const DatasetFix& b) { return a.line < b.line; });
  report.remaining = Dataset::check(copy);
  return report;
}

std::string FixReport::to_text() const {
  constexpr std::size_t most_shown = 40;
  const auto errors = std::count_if(remaining.problems.begin(), remaining.problems.end(),
                                    [](const Problem& problem) { return problem.severity == Severity::error; });
  std::string text = concat(copy, ": a copy of ", path, " with ",
                            data::counted(static_cast<std::int64_t>(fixes.size()), "change"), ".\n");
  for (std::size_t i = 0; i < std::min(fixes.size(), most_shown); ++i) {
    const DatasetFix& fix = fixes[i];
    text += concat("  ", fix.line > 0 ? concat("line ", fix.line) : "whole file", ": ", fix.message, "\n");
    if (!fix.before.empty()) text += concat("      - ", fix.before, "\n");
    if (!fix.after.empty()) text += concat("      + ", fix.after, "\n");
  }
  if (fixes.size() > most_shown) text += concat("  ... and ", fixes.size() - most_shown, " more changes.\n");
  if (errors > 0)
    return text + concat("\nFor you to mend: ", data::counted(errors, "problem"), "; check the copy to see them.\n");
  return text + "\nThe copy can be trained on; check it to see what there is to think about.\n";
}

std::string FixReport::to_json() const {
  Json json{{"path", path}, {"copy", copy}, {"fixes", Json::array()}};
  for (const DatasetFix& fix : fixes)
    json["fixes"].push_back({{"line", fix.line},
                             {"code", fix.code},
                             {"message", fix.message},
                             {"before", fix.before},
                             {"after", fix.after}});
  json["remaining"] = Json::parse(remaining.to_json());
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::ostream& operator<<(std::ostream& out, const FixReport& report) { return out << report.to_text(); }

}  // namespace pmtune
