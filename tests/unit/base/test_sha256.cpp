#include "base/sha256.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <pmtune/error.hpp>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"

using namespace pmtune;

// The vectors of FIPS 180-4 and of NIST's example file.
TEST_CASE("sha256: known sums") {
  CHECK(sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256: in pieces and of files") {
  CHECK(Sha256().update("a").update("").update("bc").hex() == sha256_of("abc"));
  const auto path = std::filesystem::temp_directory_path() / concat("pmtune-sha-", ::getpid());
  write_file_atomically(path, std::string(3'000'000, 'z'));
  CHECK(sha256_of_file(path) == sha256_of(std::string(3'000'000, 'z')));
  std::filesystem::remove(path);
  CHECK_THROWS_AS(sha256_of_file(path), Error);
}
