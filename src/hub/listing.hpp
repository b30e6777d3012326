// What a server says that a model's repository holds; every word of it is checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hub/checksum.hpp"

namespace pmtune::hub {

struct RemoteFile {
  std::string name;  // relative, with '/' between folders; leads nowhere else
  std::int64_t size = 0;
  Checksum checksum;
};

struct Listing {
  std::string commit;  // empty when the server does not tell
  std::vector<RemoteFile> files;
};

// The JSON of GET /api/models/OWNER/NAME/revision/REVISION?blobs=true. Throws corrupt for what is no such answer:
// names that lead outside their folder, names twice, impossible sizes.
Listing parse_listing(std::string_view json, const std::string& subject);

}  // namespace pmtune::hub
