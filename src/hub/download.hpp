// One file from the server onto the disk: what was begun is gone on with, dropped connections are tried again, and
// the checksum decides.
#pragma once

#include <filesystem>

#include "hub/listing.hpp"
#include "hub/meter.hpp"
#include "hub/session.hpp"

namespace pmtune::hub {

struct Download {
  const Session& session;
  Meter& meter;
  std::string subject;  // "The model OWNER/NAME"
  Url page;             // the model's page, for the sentence when access is refused
  std::int64_t retries = 0;
};

// Fetches the small text at the address; throws corrupt when it is longer than `most`.
std::string fetch_text(const Download& download, const Url& url, std::size_t most);

// Leaves the whole file at folder/file.name, whose folders exist. Throws as pull does.
void fetch_file(const Download& download, const Url& url, const RemoteFile& file,
                const std::filesystem::path& folder);

}  // namespace pmtune::hub
