#include "data/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/fail.hpp"

namespace pmtune::data {
namespace {

constexpr int gzip_only = 15 + 16;  // zlib's way to say: the largest window, and a gzip header

class Gunzip {
 public:
  explicit Gunzip(ReadBytes packed) : packed_(std::move(packed)) {
    if (inflateInit2(&stream_, gzip_only) != Z_OK) fail(Code::out_of_memory, "There is no memory to unpack a file.");
  }
  ~Gunzip() { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  std::size_t read(char* bytes, std::size_t room) {
    stream_.next_out = reinterpret_cast<Bytef*>(bytes);
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(room, std::numeric_limits<uInt>::max()));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && step()) {
    }
    const std::size_t got = wanted - stream_.avail_out;
    unpacked_ += got;
    if (unpacked_ > most_unpacked_bytes)
      damaged(concat("The compressed file holds more than ", most_unpacked_bytes >> 30, " GB."),
              "Divide it into several files.");
    return got;
  }

 private:
  [[noreturn]] static void damaged(std::string message, std::string fix) {
    throw DamagedContent{error_at(0, "damaged_gzip", std::move(message), std::move(fix))};
  }

  // False when all parts are unpacked.
  bool step() {
    if (stream_.avail_in == 0 && !refill()) {
      if (between_parts_) return false;
      damaged("The compressed file ends too early.", "Copy or download it again.");
    }
    if (between_parts_) {
      inflateReset(&stream_);
      between_parts_ = false;
    }
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
      between_parts_ = true;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      damaged("The compressed file is damaged.", "Copy or download it again, or unpack it with another program.");
    return true;
  }

  bool refill() {
    stream_.avail_in = static_cast<uInt>(packed_(input_.data(), input_.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    return stream_.avail_in > 0;
  }

  ReadBytes packed_;
  z_stream stream_{};
  std::array<char, 65536> input_;
  bool between_parts_ = false;
  std::size_t unpacked_ = 0;
};

bool is_gzip(std::string_view head) { return head.starts_with("\x1F\x8B"); }

ReadBytes gunzip(ReadBytes packed) {
  auto stream = std::make_shared<Gunzip>(std::move(packed));
  return [stream](char* bytes, std::size_t room) { return stream->read(bytes, room); };
}

}  // namespace

Unpacked unpacked(ReadBytes read) {
  ByteBuffer buffer(std::move(read));
  buffer.grow();
  if (!is_gzip(buffer.rest())) return {std::move(buffer), false};
  buffer = ByteBuffer(gunzip(buffer.source()));
  buffer.grow();
  return {std::move(buffer), true};
}

}  // namespace pmtune::data
