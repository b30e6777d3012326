#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <vector>

#include "base/fail.hpp"

namespace pmtune {

struct Digest::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Digest::Digest(Algorithm algorithm) : context_(std::make_unique<Context>()) {
  const EVP_MD* kind = algorithm == Algorithm::sha256 ? EVP_sha256() : EVP_sha1();
  if (!context_->evp || EVP_DigestInit_ex(context_->evp, kind, nullptr) != 1)
    fail(Code::internal, "OpenSSL on this machine offers no ", algorithm == Algorithm::sha256 ? "SHA-256" : "SHA-1",
         "; install a standard OpenSSL.");
}

Digest::Digest(Digest&& other) noexcept = default;
Digest::~Digest() = default;

Digest& Digest::update(const void* bytes, std::size_t size) {
  if (EVP_DigestUpdate(context_->evp, bytes, size) != 1) fail(Code::internal, "A checksum could not be computed.");
  return *this;
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_->evp, digest.data(), &size) != 1)
    fail(Code::internal, "A checksum could not be computed.");
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

std::string sha256_of(std::string_view text) { return Sha256().update(text).hex(); }

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    fail(Code::not_found, "The file ", path.string(), " cannot be opened; check the path and its permissions.");
  Sha256 sum;
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || file.gcount() > 0)
    sum.update(buffer.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) fail(Code::io, "The file ", path.string(), " could not be read to its end.");
  return sum.hex();
}

}  // namespace pmtune
