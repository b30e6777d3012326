// A set of examples: conversations as the product manager would like the model to answer them.
//
//   DatasetReport report = Dataset::check("examples.jsonl");        // never throws because of what the file contains
//   std::cout << report;                                            // every problem with line and cure
//   Dataset data = Dataset::load("examples.jsonl");                 // throws on the first error
//   auto [train, held_out] = data.split(0.1);
//   data.merge(Dataset::load("november.jsonl")).save("all.jsonl");
//   std::cout << Dataset::load("october.jsonl").diff(data).to_text();     // what was added, removed and edited
//
// A dataset is immutable: operations return a new one, copies share their examples. Share it between threads freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>

namespace pmtune {

struct Message {
  std::string role;     // "system", "user" or "assistant"
  std::string content;  // UTF-8
  double weight = 1;    // assistant turns only: 0 keeps the turn in the context but does not teach it

  friend bool operator==(const Message& a, const Message& b) {
    return a.role == b.role && a.content == b.content && a.weight == b.weight;
  }
};

struct Example {
  std::vector<Message>
      messages;  // a system turn may come first; then user and assistant in turn; ends with an answer
  std::vector<std::string> tags;  // the task it belongs to, e.g. "user-story"; may be empty
  std::string origin;             // the file it was read from
  std::int64_t line = 0;          // its line there, from 1
  std::string author = {};        // who wrote it; may be empty. It is kept, but not taught, and not part of the hash
};

enum class Severity : int { warning = 0, error = 1 };

struct Problem {
  std::int64_t line = 0;  // 0 when it concerns the file as a whole
  Severity severity = Severity::error;
  std::string code;     // stable, e.g. "invalid_json", "example_missing_assistant_message", "duplicate_example"
  std::string message;  // what is wrong, for a product manager
  std::string fix;      // what to do about it
};

struct DatasetStats {
  std::int64_t lines = 0;     // that hold something
  std::int64_t examples = 0;  // that are usable
  std::int64_t turns = 0;     // assistant turns that are taught
  std::int64_t answer_words_least = 0;
  std::int64_t answer_words_median = 0;
  std::int64_t answer_words_most = 0;
  std::string format;     // of the examples: as in LoadOptions, or "mixed"
  std::string container;  // of the file: "jsonl", "json" (a list), "csv"; with ".gz" behind it when it is compressed
};

struct PMTUNE_API DatasetReport {
  std::string path;
  std::vector<Problem> problems;  // by line, errors before warnings
  DatasetStats stats;

  bool ok() const;              // no errors; warnings may remain
  std::string to_text() const;  // one screen for a person
  std::string to_json() const;  // {"ok", "path", "stats", "problems": [{line, severity, code, message, fix}]}
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const DatasetReport& report);

// One change to a copy of a file.
struct DatasetFix {
  std::int64_t line = 0;  // of the original; 0: the file as a whole
  std::string code;     // of the problem that it cures, as in Problem; "left_out" for a row that could not be copied
  std::string message;  // what was done, for a product manager
  std::string before;   // the place as it was and as it is; both empty where that says nothing
  std::string after;
};

struct PMTUNE_API FixReport {
  std::string path;
  std::string copy;
  std::vector<DatasetFix> fixes;  // by line
  DatasetReport remaining;        // what check says of the copy

  std::string to_text() const;  // the changes as a person reads them, then how much remains to be mended by hand
  std::string to_json()
      const;  // {"path", "copy", "fixes": [{line, code, message, before, after}], "remaining": report}
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const FixReport& report);

struct LoadOptions {
  std::string format = "auto";
  std::string on_error = "raise";
};
template <class Visit>
void fields(LoadOptions& options, Visit&& visit) {
  visit(Field("format", "how the file is written; auto finds out")
            .one_of("auto|chat|sharegpt|prompt-completion|instruction|question-answer|csv"),
        options.format);
  visit(Field("on_error", "raise: throw on the first faulty line; skip: leave faulty lines out").one_of("raise|skip"),
        options.on_error);
}

struct DatasetDiff;
struct TeamMerge;

class PMTUNE_API Dataset {
 public:
  // An empty set.
  Dataset();

  // Reads a file of examples: one a line (.jsonl), a JSON list (.json), or a table (.csv, .tsv; the first row names
  // the columns), each also compressed with gzip. Accepted forms of an example, all with "tags"? and
  // "author"?:
  //   chat               {"messages": [{"role", "content", "weight"?}...]}
  //   sharegpt           {"conversations": [{"from", "value"}...], "system"?}
  //   prompt-completion  {"prompt", "completion"}
  //   instruction        {"instruction", "input"?, "output"}
  //   question-answer    {"question", "answer"}
  // The last three take each other's names, "query", "response" and "context", and an optional "system". format "csv"
  // takes a file of any name for a table. Throws not_found, io, unsupported (a spreadsheet, a picture, calls of
  // tools), invalid_argument (naming file, line and cure; also when no example is left).
  static Dataset load(const std::string& path, const LoadOptions& options = {});

  // The same from text in memory; `name` stands for the file in messages.
  static Dataset parse(const std::string& text, const std::string& name = "data", const LoadOptions& options = {});

  // From examples made by the host. Throws invalid_argument naming the example (counted from 1).
  static Dataset from_examples(std::vector<Example> examples);

  // Every problem of a file, in one report. Throws not_found, io, and invalid_argument for a folder or a bad option;
  // never because of what the file contains.
  static DatasetReport check(const std::string& path, const LoadOptions& options = {});

  // The same, and which examples of the file stand in `held_out` too, in the same or nearly the same words: testing
  // on them says nothing ("leaks_into_held_out").
  static DatasetReport check(const std::string& path, const Dataset& held_out, const LoadOptions& options = {});

  // Writes a copy, as JSONL, in which everything is mended that can be mended without knowing what was meant: the
  // encoding, quotes, commas and brackets of JSON, roles by other names, invisible characters, signs that mark turns
  // at the ends of a text, and examples that stand there twice. What cannot be mended is copied as it is. Throws
  // not_found, io, unsupported (not text at all), and invalid_argument when the copy would replace the file.
  static FixReport fix(const std::string& path, const std::string& copy, const LoadOptions& options = {});

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  const Example& operator[](std::size_t index) const;  // throws invalid_argument past the end
  const std::vector<Example>& examples() const;

  // (training, validation): a random part of the examples, the same for the same seed. fraction is the validation
  // part, 0 to below 1; any fraction above 0 takes at least one example, and at least one is left for training. Needs
  // two examples to take one. Every task (the first tag) gives its share. Examples with the same question, or
  // that say nearly the same, stay together, else the test would know what was taught; where that leaves no other
  // way, fewer are held out. Throws invalid_argument.
  std::pair<Dataset, Dataset> split(double fraction = 0.1, std::uint64_t seed = 0) const;

  Dataset merge(const Dataset& other) const;     // exact duplicates of `other` are left out; origins are kept
  Dataset filter(const std::string& tag) const;  // the examples with that tag
  Dataset sample(std::size_t count, std::uint64_t seed = 0) const;
  Dataset shuffle(std::uint64_t seed = 0) const;
  // (training, validation) `count` times, 2 to size(); every example is held out once. Divided as by split(). Throws
  // invalid_argument.
  std::vector<std::pair<Dataset, Dataset>> folds(std::size_t count, std::uint64_t seed = 0) const;

  // Without what stands in it before; nearly: also without what says nearly the same (check's "near_duplicate").
  Dataset deduplicate(bool nearly = false) const;

  // A set that grows in rounds: grow() is merge() with the tag "round:NAME" on what is new, so that
  // filter("round:polish") finds it again. Such a tag is not a task. Throw invalid_argument for an empty name.
  Dataset tagged(const std::string& tag) const;
  Dataset grow(const std::string& round, const Dataset& additions) const;

  // What has to be done to this set to get `other`; see DatasetDiff.
  DatasetDiff diff(const Dataset& other) const;

  // The sets of several people, given with their names, as one; see TeamMerge. Throws invalid_argument for a person
  // without a name.
  static TeamMerge merge_team(const std::vector<std::pair<std::string, Dataset>>& people);

  // Puts an example into the inbox in that file, where it waits to be reviewed, and returns its id there. The short
  // way of Inbox(path).append(example); see inbox.hpp.
  static std::string append(const std::string& path, const Example& example);

  // Writes canonical chat JSONL, atomically. Throws io.
  void save(const std::string& path) const;
  std::string to_jsonl() const;

  // SHA-256 of the canonical form of what is taught (messages, weights, tags): the same for the same examples in the
  // same order, however the file spelled them and whoever wrote them.
  const std::string& hash() const;

 private:
  struct Impl;
  explicit Dataset(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

struct ExampleEdit {
  Example before;
  Example after;
};

// How one set became another. Two examples are equal when messages, weights and tags are; of equal ones each counts.
// The order of a set is no difference. What is left over on both sides is paired, and a pair is an edit:
// 1. examples that are the same up to the last answer (white space aside), in their order;
// 2. then those that are so without their system message;
// 3. then, the most alike first, those whose messages (without the system message) have more than half of their
//    different words in common. When more than a million pairs would have to be compared, this step is left out.
// So: the first set, less `removed` and every `before`, plus `added` and every `after`, is the second one.
struct PMTUNE_API DatasetDiff {
  std::vector<Example> added;       // in the order of the second set
  std::vector<Example> removed;     // in the order of the first
  std::vector<ExampleEdit> edited;  // in the order of the second

  bool empty() const { return added.empty() && removed.empty() && edited.empty(); }
  std::string to_text() const;  // for a person: a line an example, beginning with +, - or ~; long lists are cut
  std::string to_json() const;  // {"added": [example...], "removed": [...], "edited": [{"before", "after"}]}
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const DatasetDiff& diff);

// What several people wrote, in one set, in the order of the people. An example without an author gets the name that
// its set was given with. The same conversation is kept once, with the tags of all who wrote it.
struct TeamMerge {
  Dataset data;
  // Warnings, whose line is that of the example in `data` when it is saved:
  // "duplicate_in_team": two wrote the same example; "contradiction_in_team": two answer one question differently
  // (system messages aside). Both places are named by person, file and line.
  std::vector<Problem> problems;
};

}  // namespace pmtune
