// SHA-256 (FIPS 180-4) of bytes and files, as 64 lower-case hex digits, and the older SHA-1. The work is OpenSSL's.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pmtune {

class Digest {
 public:
  enum class Algorithm { sha256, sha1 };  // SHA-1 is for checksums that others have made; it proves nothing

  explicit Digest(Algorithm algorithm);
  Digest(Digest&& other) noexcept;
  ~Digest();

  Digest& update(const void* bytes, std::size_t size);
  Digest& update(std::string_view text) { return update(text.data(), text.size()); }
  std::string hex();  // ends the sum; the object is spent afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

class Sha256 : public Digest {
 public:
  Sha256() : Digest(Algorithm::sha256) {}
};

std::string sha256_of(std::string_view text);
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace pmtune
