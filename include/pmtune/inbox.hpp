// An inbox: corrected answers, from the chat or from an application, that wait for a person to decide whether the
// model should learn them.
//
//   Inbox inbox("inbox.jsonl");
//   std::string id = inbox.append(example, {"Ana", "chat"});       // safe on disk when it returns
//   for (const InboxEntry& entry : inbox.list("pending")) ...
//   inbox.review(id, "accepted", "Ben", "good, short");
//   inbox.take("data.jsonl");                                      // adds what was accepted and is not there yet
//
// On disk: a file to which lines are only ever added, one for each example and each decision. Every line begins with
// a check of its content, so a line that was cut short by a power failure is recognised, reported by problems() and
// otherwise ignored; it never hides another one. Several processes may use one inbox at a time. An Inbox object holds
// only the path: share it between threads freely.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pmtune/dataset.hpp>
#include <pmtune/export.hpp>

namespace pmtune {

struct InboxEntry {
  std::string id;
  Example example;                 // origin and line: the inbox and the line there
  std::string status = "pending";  // "pending", "accepted" or "rejected"
  std::string author;              // who wrote the answer; may be empty
  std::string source;              // where it came from, e.g. "chat"; may be empty
  std::string received;            // ISO 8601, UTC
  std::string reviewer;            // of the last decision, as is the note
  std::string note;
};

struct InboxSource {
  std::string author;  // empty: the example's own
  std::string source;
};

struct InboxTaken {
  std::int64_t added = 0;     // to the file
  std::int64_t present = 0;   // accepted, but in the file already
  std::int64_t examples = 0;  // in the file now
};

class PMTUNE_API Inbox {
 public:
  // Nothing is created before something is appended. Throws invalid_argument for an empty path.
  explicit Inbox(std::string path);

  const std::string& path() const { return path_; }

  // Adds an example, which is checked as in Dataset::from_examples and may take 4 MB, and returns its id. It is on
  // disk when this returns. Throws invalid_argument, io, busy (another process holds the inbox for ten seconds).
  std::string append(const Example& example, const InboxSource& from = {}) const;

  // In the order of arrival; status: "pending", "accepted", "rejected", or all when it is empty. An inbox that is not
  // there is empty. Throws invalid_argument, io, busy.
  std::vector<InboxEntry> list(const std::string& status = "") const;

  // Decides about an entry; the last decision counts. id: the whole, or its beginning of four characters or more
  // where only one entry begins so. Throws not_found, invalid_argument, io, busy.
  InboxEntry review(const std::string& id, const std::string& status, const std::string& reviewer = "",
                    const std::string& note = "") const;

  Dataset accepted() const;  // with their authors; empty when nothing was accepted yet

  // Adds the accepted examples that the file lacks at its end, atomically; the lines that are there stay as they are.
  // Throws what Dataset::load throws, and invalid_argument when the file is not JSONL (one example a line).
  InboxTaken take(const std::string& data_path) const;

  // What of the file could not be read, with the line; warnings, since everything else is as good as it was.
  std::vector<Problem> problems() const;

 private:
  std::string path_;
};

}  // namespace pmtune
