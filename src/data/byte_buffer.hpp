// Bytes of a file on their way through the readers of records.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "data/problems.hpp"

namespace pmtune::data {

// Fills at most `room` bytes; 0 means the end.
using ReadBytes = std::function<std::size_t(char* bytes, std::size_t room)>;

// Thrown by a source in whose middle the content turns out to be damaged; reading ends there (scan.cpp).
struct DamagedContent {
  Problem problem;
};

// Bytes that have been read and not yet used.
class ByteBuffer {
 public:
  explicit ByteBuffer(ReadBytes read) : read_(std::move(read)) {}

  std::string_view rest() const { return std::string_view(bytes_).substr(begin_); }
  void drop(std::size_t count) { begin_ += count; }
  std::string take() {
    bytes_.erase(0, begin_);
    begin_ = 0;
    return std::move(bytes_);
  }

  // Reads one more block behind the rest; false at the end.
  bool grow() {
    constexpr std::size_t block_bytes = std::size_t{1} << 20;
    bytes_.erase(0, begin_);
    begin_ = 0;
    const std::size_t had = bytes_.size();
    bytes_.resize(had + block_bytes);
    std::size_t got = 0;
    try {
      got = read_(bytes_.data() + had, block_bytes);
    } catch (...) {
      bytes_.resize(had);
      throw;
    }
    bytes_.resize(had + got);
    return got > 0;
  }

  // All that is left, the rest included, as a source of its own.
  ReadBytes source() {
    return [head = take(), at = std::size_t{0}, read = std::move(read_)](char* bytes, std::size_t room) mutable {
      if (at == head.size()) return read(bytes, room);
      const std::size_t count = head.copy(bytes, room, at);
      at += count;
      return count;
    };
  }

 private:
  ReadBytes read_;
  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace pmtune::data
