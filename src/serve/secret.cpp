#include "serve/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/sha256.hpp"

namespace pmtune::serve {

bool same_secret(std::string_view a, std::string_view b) {
  // Hashes have one length, and a byte that agrees says nothing about the next byte of the key.
  const std::string left = sha256_of(a), right = sha256_of(b);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool is_one_of(std::string_view given, const std::vector<std::string>& keys) {
  unsigned found = 0;
  for (const std::string& key : keys) found |= static_cast<unsigned>(same_secret(given, key));
  return found != 0;
}

std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (ascii_lower(authorization.substr(0, scheme.size())) != scheme) return {};
  return trimmed(authorization.substr(scheme.size()));
}

std::string random_name(std::string_view prefix) {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  unsigned char bytes[24];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    fail(Code::internal, "The system gives no random numbers; please report this.");
  std::string name(prefix);
  for (const unsigned char byte : bytes) name += letters[byte % letters.size()];
  return name;
}

}  // namespace pmtune::serve
