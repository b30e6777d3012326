// A file that is on its way: NAME.part, and NAME.part.json beside it, which says what it is to become, so that a
// later attempt can tell whether it goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "hub/listing.hpp"

namespace pmtune::hub {

class PartFile {
 public:
  // Opens what an earlier attempt left, or begins anew when that belonged to something else. on_read is told of bytes
  // that were read for the sum. Throws io.
  PartFile(std::filesystem::path path, const RemoteFile& file, const std::function<void(std::int64_t)>& on_read);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::int64_t length() const { return length_; }
  bool whole() const { return length_ == file_.size; }
  // The ETag that came with these bytes; empty when none did.
  const std::string& etag() const { return etag_; }
  // Whether all bytes came in one piece, from the first on.
  bool in_one_piece() const { return one_piece_; }
  void next_piece() { one_piece_ = length_ == 0; }

  // Throws everything away. The ETag is that of the bytes to come.
  void restart(const std::string& etag);
  // Throws io, also for a full disk.
  void append(std::string_view bytes);
  // Whether the whole has the checksum that was listed. Once only.
  bool is_right();
  // Syncs the file and gives it its name.
  void finish();
  void discard() const;  // from the disk

 private:
  void read_back(const std::function<void(std::int64_t)>& on_read);

  std::filesystem::path path_;  // the final one
  std::filesystem::path part_;
  std::filesystem::path about_;
  RemoteFile file_;
  int descriptor_ = -1;
  std::int64_t length_ = 0;
  std::string etag_;
  bool one_piece_ = true;
  std::optional<Digest> sum_;
};

// Removes the description that a kill right after finish() has left.
void forget_part(const std::filesystem::path& path);

// Whether the file is there and is that one, by size and checksum; on_read as above.
bool is_there(const std::filesystem::path& path, const RemoteFile& file,
              const std::function<void(std::int64_t)>& on_read);

}  // namespace pmtune::hub
