// What goes wrong, in words for a person and in codes for a program.
//
//   try {
//     auto data = pmtune::Dataset::load("examples.jsonl");
//   } catch (const pmtune::Error& error) {
//     std::cerr << error.what() << '\n';                        // one sentence: what, where, and the cure
//     if (error.code() == pmtune::Code::not_found) choose_another_file();
//   }
//
// Every function of this library that can fail throws Error and nothing else. After an Error the objects that
// were used are still valid, and nothing half written is left on disk.
#pragma once

#include <stdexcept>
#include <string>

#include <pmtune/export.hpp>

namespace pmtune {

// The numbers are part of the C ABI (pmt_status in capi/pmtune.h): never renumbered, never reused.
enum class Code : int {
  invalid_argument = -1,  // the caller's value is wrong: an option out of range, data that cannot be learned from
  not_found = -2,         // no such file, model, version or alias
  corrupt = -3,           // a file is not what it claims to be
  io = -4,                // the operating system refused: permission, full disk
  out_of_memory = -5,     // it does not fit; the message says what would
  unsupported = -6,       // well formed, but this build cannot do it (docs/status.md lists what is to come)
  busy = -7,              // the object is in use on another thread
  cancelled = -8,         // cancel() was called or a callback asked to stop
  internal = -100,        // a defect in pmtune; please report it
};

// The code's stable name, e.g. "not_found".
PMTUNE_API const char* to_string(Code code) noexcept;

class PMTUNE_API Error : public std::runtime_error {
 public:
  // message: one sentence, what is wrong, where, and how to cure it. detail: what only an engineer wants.
  Error(Code code, const std::string& message, std::string detail = {});
  ~Error() override;

  Code code() const noexcept { return code_; }
  const std::string& detail() const noexcept { return detail_; }

 private:
  Code code_;
  std::string detail_;
};

}  // namespace pmtune
