// What a server lists, hostile answers among them, and which of the files are taken.
#include <doctest/doctest.h>
#include <pmtune/error.hpp>

#include "base/fail.hpp"
#include "hub/choose.hpp"
#include "hub/listing.hpp"

using namespace pmtune;
using namespace pmtune::hub;

namespace {

const std::string sha(64, 'a'), blob(40, 'b');

std::string file(const std::string& name, const std::string& size = "5") {
  return concat("{\"rfilename\": \"", name, "\", \"size\": ", size, ", \"blobId\": \"", blob, "\"}");
}
std::string large(const std::string& name, const std::string& size = "5000000000") {
  return concat("{\"rfilename\": \"", name, "\", \"size\": ", size, ", \"lfs\": {\"sha256\": \"", sha, "\"}}");
}
std::string listing(std::initializer_list<std::string> files) {
  std::string list;
  for (const std::string& one : files) list += (list.empty() ? "" : ", ") + one;
  return concat("{\"sha\": \"", std::string(40, 'c'), "\", \"siblings\": [", list, "]}");
}

std::vector<std::string> chosen(std::initializer_list<std::string> files, const std::string& name = "a/b") {
  std::vector<std::string> names;
  for (const RemoteFile& one : choose_files(parse_listing(listing(files), "a/b"), *parse_repository_name(name)))
    names.push_back(one.name);
  return names;
}

Error refusal(std::initializer_list<std::string> files, const std::string& name = "a/b") {
  try {
    chosen(files, name);
  } catch (const Error& error) {
    return error;
  }
  FAIL("this had to be refused");
  return Error(Code::internal, "");
}

bool says(const Error& error, const char* text) { return std::string(error.what()).find(text) != std::string::npos; }

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("hub listing: files with their checksums") {
  const Listing read = parse_listing(listing({file("config.json"), large("model.safetensors")}), "a/b");
  CHECK(read.commit == std::string(40, 'c'));
  REQUIRE(read.files.size() == 2);
  CHECK(read.files[0].checksum == Checksum{Checksum::Kind::git, blob});
  CHECK(read.files[1].checksum == Checksum{Checksum::Kind::sha256, sha});
  CHECK(read.files[1].size == 5000000000);
}

TEST_CASE("hub listing: hostile answers are refused") {
  for (const std::string name : {"../x.gguf", "a/../../x.gguf", "/etc/passwd", "a//b", "a/", ".", "..", "",
                                 "a\\\\b.gguf", "C:x.gguf", "a\\u0000.gguf", "a\\nb.gguf", "a\\u001b[31m.gguf"})
    CHECK_MESSAGE(refusal({file(name)}).code() == Code::corrupt, name);
  CHECK(refusal({file(std::string(161, 'a'))}).code() == Code::corrupt);
  CHECK(refusal({file(std::string(100, 'a') + "/" + std::string(100, 'b') + "/" + std::string(100, 'c') + "/" +
                      std::string(100, 'd') + "/" + std::string(150, 'e'))})
            .code() == Code::corrupt);
  for (const std::string size : {"-1", "5.5", "\"5\"", "null", "1e30", "99999999999999999999", "9223372036854775807"})
    CHECK_MESSAGE(refusal({file("a.gguf", size)}).code() == Code::corrupt, size);
  CHECK(refusal({file("a.json", "5000000000")}).code() == Code::corrupt);  // large, and no SHA-256
  CHECK(refusal({file("a.gguf"), file("a.gguf")}).code() == Code::corrupt);
  CHECK(refusal({"{\"rfilename\": \"a.gguf\", \"size\": 5, \"lfs\": {\"sha256\": \"xyz\"}}"}).code() ==
        Code::corrupt);
  CHECK(refusal({"7"}).code() == Code::corrupt);
  for (const char* text : {"", "[]", "{}", "{\"siblings\": 5}", "<html>Log in</html>", "{\"siblings\": [", "null"})
    CHECK_THROWS_AS(parse_listing(text, "a/b"), Error);
  std::string many = "{\"siblings\": [0";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  CHECK_THROWS_AS(parse_listing(many + "]}", "a/b"), Error);
  CHECK_THROWS_AS(parse_listing(std::string(100'000, '['), "a/b"), Error);
}

TEST_CASE("hub choose: a safetensors model with its tokenizer, nothing pickled") {
  CHECK(chosen({file(".gitattributes"), file("README.md"), file("tokenizer.json"), large("pytorch_model.bin"),
                file("config.json"), large("model.safetensors"), large("consolidated.safetensors"),
                large("b-Q4_0.gguf")}) == Names{"config.json", "tokenizer.json", "model.safetensors"});
  CHECK(chosen({file("config.json"), file("model.safetensors.index.json"), large("model-00001-of-00002.safetensors"),
                large("model-00002-of-00002.safetensors"), large("model.fp16.safetensors")}) ==
        Names{"config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors",
              "model-00002-of-00002.safetensors"});
  CHECK(refusal({large("model.safetensors")}).code() == Code::unsupported);
  const Error pickled = refusal({file("config.json"), large("pytorch_model.bin")});
  CHECK(pickled.code() == Code::unsupported);
  CHECK(says(pickled, "pickled"));
  CHECK(refusal({file("README.md")}).code() == Code::not_found);
}

TEST_CASE("hub choose: GGUF files are never chosen silently") {
  CHECK(chosen({large("b-Q4_0.gguf"), large("mmproj-b-f16.gguf")}) == Names{"b-Q4_0.gguf"});
  const Error several = refusal({large("b-Q8_0.gguf"), large("b-Q4_K_M.gguf"), large("b-Q2_K.gguf")});
  CHECK(several.code() == Code::invalid_argument);
  CHECK(says(several, "b-Q8_0.gguf (5.0 GB)"));
  CHECK(says(several, "for example a/b:b-Q4_K_M.gguf"));
  const auto three = {large("b-Q8_0.gguf"), large("b-Q4_K_M.gguf"), large("sub/b-Q2_K.gguf")};
  CHECK(chosen(three, "a/b:b-q8_0.gguf") == Names{"b-Q8_0.gguf"});
  CHECK(chosen(three, "a/b:Q4_K_M") == Names{"b-Q4_K_M.gguf"});
  CHECK(chosen(three, "a/b:sub/b-Q2_K.gguf") == Names{"sub/b-Q2_K.gguf"});
  const Error wrong = refusal(three, "a/b:b-Q4_K_N.gguf");
  CHECK(wrong.code() == Code::not_found);
  CHECK(says(wrong, "Did you mean \"b-Q4_K_M.gguf\"?"));
  CHECK(refusal({large("b-Q4_0-00001-of-00002.gguf"), large("b-Q4_0-00002-of-00002.gguf")},
                "a/b:b-Q4_0-00001-of-00002.gguf")
            .code() == Code::unsupported);
  CHECK(refusal({"{\"rfilename\": \"b.gguf\", \"size\": 5}"}).code() == Code::corrupt);  // no checksum
}
