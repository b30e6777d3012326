#include "hub/resolve.hpp"

#include <pmtune/fields.hpp>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "hub/gguf_name.hpp"

namespace pmtune::hub {
namespace {

std::string file_name(const std::string& file) { return file.substr(file.rfind('/') + 1); }

// How well a candidate answers to the (small-letter) name; 0 not at all.
int closeness(const std::string& name, const Candidate& candidate) {
  const std::string repository = ascii_lower(candidate.repository);
  if (name == ascii_lower(candidate.reference())) return 4;
  if (candidate.place == Place::ollama) return name + ":latest" == repository ? 4 : 0;
  if (name == repository) return 1;
  if (candidate.file.empty() || !name.starts_with(repository + ":")) return 0;
  const std::string wanted = name.substr(repository.size() + 1);
  if (wanted == ascii_lower(file_name(candidate.file))) return 3;
  return is_quantised_as(candidate.file, wanted) ? 2 : 0;
}

[[noreturn]] void fail_several(const std::string& name, const std::vector<const Candidate*>& several) {
  std::string list;
  for (const Candidate* candidate : several)
    list +=
        concat(list.empty() ? "" : ", ", candidate->reference(), " (", to_string(ByteSize(candidate->bytes)), ")");
  fail(Code::invalid_argument, "The name \"", name, "\" means ", several.size(),
       " files on this machine; give one: ", list, ".");
}

}  // namespace

std::optional<Candidate> choose_by_name(const std::string& name, const std::vector<Candidate>& candidates) {
  const std::string wanted = ascii_lower(name);
  std::vector<const Candidate*> best;
  int best_closeness = 0;
  for (const Candidate& candidate : candidates) {
    const int now = closeness(wanted, candidate);
    if (now == 0 || now < best_closeness) continue;
    if (now > best_closeness) best.clear();
    best_closeness = now;
    if (best.empty() || best.front()->place == candidate.place) best.push_back(&candidate);
  }
  if (best.empty()) return std::nullopt;
  if (best.size() > 1 && best_closeness < 4) fail_several(name, best);
  return *best.front();
}

}  // namespace pmtune::hub
