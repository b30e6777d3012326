#include "hub/listing.hpp"

#include <set>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/wording.hpp"
#include "hub/limits.hpp"

namespace pmtune::hub {
namespace {

using files::in_quotes;

template <class... Parts>
[[noreturn]] void fail_listing(const std::string& subject, const Parts&... what) {
  fail(Code::corrupt, "What the server says about ", subject, " cannot be used: ", what...,
       "; check the address of the server, or try again later.");
}

std::string text_or_empty(const Json& object, const char* key) {
  const Json value = object.value(key, Json());
  return value.is_string() ? value.get<std::string>() : "";
}

bool is_safe_part(std::string_view part) {
  if (part.empty() || part == "." || part == ".." || part.size() > limits::longest_name_part) return false;
  for (const char c : part)
    if (is_ascii_control(c) || c == '\\' || c == ':') return false;
  return true;
}

// A name that leads outside its folder is no mistake.
void check_name(const std::string& name, const std::string& subject) {
  bool safe =
      !name.empty() && name.size() <= limits::longest_file_name && find_invalid_utf8(name) == std::string::npos;
  for (std::size_t at = 0; safe && at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    safe = is_safe_part(std::string_view(name).substr(at, end - at));
    at = end + 1;
  }
  if (!safe) fail_listing(subject, "it lists a file with the name ", in_quotes(name), ", which no file may have");
}

std::int64_t size_of(const Json& entry, const std::string& name, const std::string& subject) {
  const Json size = entry.value("size", Json());
  // Unsigned is how the parser keeps every number that is not negative.
  if (!size.is_number_unsigned() || size.get<std::uint64_t>() > static_cast<std::uint64_t>(limits::largest_file))
    fail_listing(subject, "it gives the file ", in_quotes(name), " no possible size");
  return size.get<std::int64_t>();
}

RemoteFile file_of(const Json& entry, const std::string& subject) {
  if (!entry.is_object()) fail_listing(subject, "its list of files holds something else");
  RemoteFile file;
  file.name = text_or_empty(entry, "rfilename");
  check_name(file.name, subject);
  file.size = size_of(entry, file.name, subject);
  if (const Json lfs = entry.value("lfs", Json()); lfs.is_object()) {
    file.checksum = {Checksum::Kind::sha256, ascii_lower(text_or_empty(lfs, "sha256"))};
    if (!is_hex(file.checksum.hex, 64)) fail_listing(subject, "it gives ", in_quotes(file.name), " no SHA-256");
  } else if (const std::string blob = text_or_empty(entry, "blobId"); is_hex(blob, 40)) {
    if (file.size > limits::largest_plain_file)
      fail_listing(subject, "it gives ", in_quotes(file.name), " no SHA-256, although it is large");
    file.checksum = {Checksum::Kind::git, blob};
  }
  return file;
}

}  // namespace

Listing parse_listing(std::string_view text, const std::string& subject) {
  Json json;
  JsonFault fault;
  if (!parse_json(text, json, fault)) fail_listing(subject, "it is no valid JSON (", fault.reason, ")");
  const Json siblings = json.is_object() ? json.value("siblings", Json()) : Json();
  if (!siblings.is_array()) fail_listing(subject, "it has no list of files");
  if (siblings.size() > limits::most_listed_files) fail_listing(subject, "it lists ", siblings.size(), " files");
  Listing listing;
  listing.commit = text_or_empty(json, "sha");
  if (!is_hex(listing.commit, 40)) listing.commit.clear();
  std::set<std::string> names;
  for (const Json& entry : siblings) {
    listing.files.push_back(file_of(entry, subject));
    const std::string& name = listing.files.back().name;
    if (!names.insert(name).second) fail_listing(subject, "it lists the file ", in_quotes(name), " twice");
  }
  return listing;
}

}  // namespace pmtune::hub
