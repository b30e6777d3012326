// Walks through the bytes of a file from front to back and never past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/checked.hpp"
#include "files/wording.hpp"

namespace pmtune::files {

class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const std::filesystem::path& path) : bytes_(bytes), path_(path) {}

  // What is being read, for the sentence when the file ends in it: "the key \"general.name\"".
  void set_subject(std::string subject) { subject_ = std::move(subject); }
  const std::string& subject() const { return subject_; }

  Checked position() const { return position_; }
  Checked remaining() const { return Checked(bytes_.size()) - position_; }

  // The next number; the file may hold it at any address.
  template <class Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  // The next `size` bytes, which are known to be there when this returns.
  std::string_view text(Checked size) {
    const std::byte* start = take(size);
    return {reinterpret_cast<const char*>(start), size.as<std::size_t>()};
  }

  // Throws when fewer than `size` bytes are left. Called before memory for them is asked for.
  void require(Checked size) const {
    if (size > remaining()) fail_cut_short(path_, "there should be more bytes in ", subject_);
  }

 private:
  const std::byte* take(Checked size) {
    require(size);
    const std::byte* start = bytes_.data() + position_.value();
    position_ += size;
    return start;
  }

  std::span<const std::byte> bytes_;
  const std::filesystem::path& path_;
  std::string subject_ = "its head";
  Checked position_;
};

}  // namespace pmtune::files
