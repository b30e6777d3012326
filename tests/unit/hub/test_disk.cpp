// What other programs' folders hold, whole, broken and hostile; parts of files; and models put in place.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <pmtune/error.hpp>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "files/safetensors.hpp"
#include "hub/candidate.hpp"
#include "hub/inspect.hpp"
#include "hub/part_file.hpp"
#include "hub/placement.hpp"
#include "unit/files/builders.hpp"

using namespace pmtune;
using namespace pmtune::hub;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text = "x") { write_file_atomically(path, text); }

std::vector<std::string> references(const std::vector<Candidate>& found) {
  std::vector<std::string> names;
  for (const Candidate& candidate : found) names.push_back(candidate.reference());
  return names;
}

using Names = std::vector<std::string>;

std::string manifest(const std::string& digest) {
  return R"({"layers": [{"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:00"},
    {"mediaType": "application/vnd.ollama.image.model", "digest": ")" +
         digest + R"(", "size": 5}]})";
}

const std::string content = "0123456789";
RemoteFile remote(const std::string& name, const std::string& text) {
  return {name, static_cast<std::int64_t>(text.size()), {Checksum::Kind::sha256, sha256_of(text)}};
}
const auto ignore = [](std::int64_t) {};

}  // namespace

TEST_CASE("hub checksum: git's sum of a blob") {
  // `printf hello | git hash-object --stdin`
  CHECK(begin_sum(Checksum::Kind::git, 5).update("hello").hex() == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
  CHECK(begin_sum(Checksum::Kind::sha256, 5).update("hello").hex() == sha256_of("hello"));
}

TEST_CASE("hub disk: Hugging Face's cache") {
  const test::TempFolder folder;
  const fs::path model = folder.path() / "models--acme--tiny";
  put(model / "blobs" / "aa", content);
  put(model / "refs" / "main", "c1\n");
  fs::create_directories(model / "snapshots" / "c1");
  put(model / "snapshots" / "c0" / "old.gguf");
  fs::create_symlink("../../blobs/aa", model / "snapshots" / "c1" / "tiny-Q4_0.gguf");
  fs::create_symlink("../../blobs/gone", model / "snapshots" / "c1" / "gone.gguf");
  fs::create_symlink("loop.gguf", model / "snapshots" / "c1" / "loop.gguf");
  fs::create_symlink("..", model / "snapshots" / "c1" / "up");
  put(model / "snapshots" / "c1" / "mmproj-tiny-f16.gguf");
  put(folder.path() / "models--gpt2" / "snapshots" / "c2" / "config.json", "{}");
  put(folder.path() / "models--gpt2" / "snapshots" / "c2" / "pytorch_model.bin");
  put(folder.path() / "models--evil" / "refs" / "main", "../../..");
  put(folder.path() / "datasets--acme--rows" / "snapshots" / "c1" / "x.gguf");
  std::vector<Candidate> found;
  find_in_huggingface(folder.path(), found);
  const Names names = references(found);
  CHECK(std::count(names.begin(), names.end(), "acme/tiny:tiny-Q4_0.gguf") == 1);
  CHECK(std::count(names.begin(), names.end(), "acme/tiny:mmproj-tiny-f16.gguf") == 0);
  CHECK(std::count(names.begin(), names.end(), "acme/tiny:old.gguf") == 0);
  for (const Candidate& candidate : found) {
    if (candidate.file == "tiny-Q4_0.gguf") CHECK(candidate.bytes == 10);
    if (candidate.file == "gone.gguf" || candidate.file == "loop.gguf") CHECK_FALSE(candidate.fault.empty());
    if (candidate.repository == "gpt2") CHECK(candidate.fault.find("pickled") != std::string::npos);
  }
  CHECK(std::count(names.begin(), names.end(), "gpt2") == 1);
}

TEST_CASE("hub disk: split files are one entry that says so") {
  const test::TempFolder folder;
  put(folder.path() / "acme" / "big" / "big-00001-of-00002.gguf", content);
  put(folder.path() / "acme" / "big" / "big-00002-of-00002.gguf", content);
  std::vector<Candidate> found;
  find_in_lm_studio(folder.path(), found);
  REQUIRE(found.size() == 1);
  CHECK(found[0].reference() == "acme/big:big-00001-of-00002.gguf");
  CHECK(found[0].bytes == 20);
  CHECK(found[0].fault.find("split into 2 files") != std::string::npos);
  CHECK(inspect(found[0], 0).reason == found[0].fault);
}

TEST_CASE("hub disk: Ollama's manifests") {
  const test::TempFolder folder;
  const std::string digest(64, 'd');
  const fs::path manifests = folder.path() / "manifests";
  const fs::path library = manifests / "registry.ollama.ai" / "library";
  put(folder.path() / "blobs" / ("sha256-" + digest), content);
  put(library / "llama3.2" / "3b", manifest("sha256:" + digest));
  put(manifests / "registry.ollama.ai" / "me" / "mine" / "latest", manifest("sha256:" + digest));
  put(manifests / "hf.co" / "acme" / "tiny-GGUF" / "Q4_0", manifest("sha256:" + digest));
  put(library / "gone" / "1b", manifest("sha256:" + std::string(64, 'e')));
  put(library / "evil" / "1b", manifest("sha256:../../../../etc/passwd"));
  put(library / "empty" / "1b", "");
  put(library / "odd" / "1b", R"({"layers": [7, {"mediaType": {}}]})");
  put(library / "huge" / "1b", std::string(std::size_t{2} << 20, ' '));
  std::vector<Candidate> found;
  find_in_ollama(folder.path(), found);
  CHECK(references(found) == Names{"hf.co/acme/tiny-GGUF:Q4_0", "empty:1b", "evil:1b", "gone:1b", "huge:1b",
                                   "llama3.2:3b", "odd:1b", "me/mine:latest"});
  for (const Candidate& candidate : found) {
    const bool whole = candidate.repository == "llama3.2:3b" || candidate.repository == "me/mine:latest" ||
                       candidate.repository == "hf.co/acme/tiny-GGUF:Q4_0";
    CHECK_MESSAGE(candidate.fault.empty() == whole, candidate.repository, ": ", candidate.fault);
    CHECK(candidate.source.string().find("passwd") == std::string::npos);
  }
}

TEST_CASE("hub disk: broken models are entries with a reason") {
  const test::TempFolder folder;
  for (const std::string& bytes : {std::string(), std::string("GGUF"),
                                   std::string("GGUF\3\0\0\0\xff\xff\xff\xff", 12), std::string(1000, 'x')}) {
    put(folder.path() / "broken.gguf", bytes);
    const LocalModel model =
        inspect({Place::lm_studio, "a/b", "broken.gguf", folder.path() / "broken.gguf", 0, ""}, 0);
    CHECK_FALSE(model.trains);
    CHECK(model.name == "a/b:broken.gguf (LM Studio)");
    CHECK(model.reason.find("broken.gguf") != std::string::npos);
  }
  put(folder.path() / "model" / "config.json", "{\"model_type\": \"\\u001b[31mred\"");
  const LocalModel folder_model = inspect({Place::huggingface, "a/b", "", folder.path() / "model", 0, ""}, 0);
  CHECK_FALSE(folder_model.trains);
  CHECK(folder_model.reason.find('\x1b') == std::string::npos);
  REQUIRE(::mkfifo((folder.path() / "pipe.gguf").c_str(), 0600) == 0);
  CHECK_FALSE(inspect({Place::pmtune, "a/b", "pipe.gguf", folder.path() / "pipe.gguf", 0, ""}, 0).trains);
}

TEST_CASE("hub disk: a model that trains, and what it takes at least") {
  const test::TempFolder folder;
  put(folder.path() / "config.json",
      R"({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
          "intermediate_size": 128, "vocab_size": 3, "max_position_embeddings": 512})");
  put(folder.path() / "tokenizer.json",
      R"({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
          "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})");
  put(folder.path() / "tokenizer_config.json", R"({"chat_template": "{{ messages }}"})");
  const std::vector<float> numbers(64 * 128);
  const auto* bytes = reinterpret_cast<const std::byte*>(numbers.data());
  files::write_safetensors(folder.path() / "model.safetensors",
                           {{"model.layers.0.mlp.up_proj.weight", files::DType::f32, {128, 64}, bytes, 4 * 64 * 128},
                            {"lm_head.weight", files::DType::f32, {3, 64}, bytes, 4 * 3 * 64},
                            {"model.norm.weight", files::DType::bf16, {64}, bytes, 2 * 64}});
  const Candidate candidate{Place::huggingface, "a/b", "", folder.path(), 5, ""};
  const LocalModel model = inspect(candidate, 0);
  CHECK_MESSAGE(model.trains, model.reason);
  CHECK(model.parameters == 64 * 128 + 3 * 64 + 64);
  CHECK(model.quantization == "F32");
  CHECK(model.context_length == 512);
  // Layers in Q4_0 (18 bytes for 32 numbers), the output matrix in bf16.
  const std::int64_t least = (64 * 128 + 64) / 32 * 18 + 3 * 64 * 2;
  CHECK(inspect(candidate, least).trains);
  const LocalModel large = inspect(candidate, least - 1);
  CHECK_FALSE(large.trains);
  CHECK(large.reason.find("take a smaller model") != std::string::npos);
  CHECK(large.parameters == model.parameters);
}

TEST_CASE("hub part: what arrived is kept for the same file only") {
  const test::TempFolder folder;
  const fs::path path = folder.path() / "a.gguf";
  const RemoteFile file = remote("a.gguf", content);
  {
    PartFile part(path, file, ignore);
    part.restart("\"tag\"");
    part.append("01234");
  }
  {
    std::int64_t read = 0;
    PartFile part(path, file, [&](std::int64_t bytes) { read += bytes; });
    CHECK(part.length() == 5);
    CHECK(read == 5);
    CHECK(part.etag() == "\"tag\"");
    CHECK_FALSE(part.in_one_piece());
    part.append("56789");
    CHECK(part.whole());
    CHECK(part.is_right());
  }
  CHECK_FALSE(fs::exists(path));
  CHECK(PartFile(path, remote("a.gguf", "9876543210"), ignore).length() == 0);  // another file of that name
  put(folder.path() / "a.gguf.part", std::string(11, '0'));
  CHECK(PartFile(path, file, ignore).length() == 0);  // longer than the file can be
  put(folder.path() / "a.gguf.part", "01234");
  put(folder.path() / "a.gguf.part.json", "{\"size\": ");
  CHECK(PartFile(path, file, ignore).length() == 0);
  PartFile part(path, file, ignore);
  part.restart("");
  part.append("0123456780");
  CHECK_FALSE(part.is_right());
  part.finish();
  CHECK_FALSE(fs::exists(folder.path() / "a.gguf.part"));
  CHECK_FALSE(fs::exists(folder.path() / "a.gguf.part.json"));
  CHECK_FALSE(is_there(path, file, ignore));
  put(path, content);
  CHECK(is_there(path, file, ignore));
}

TEST_CASE("hub placement: a folder appears as a whole") {
  const test::TempFolder folder;
  const fs::path target = folder.path() / "acme" / "tiny";
  const std::vector<RemoteFile> files{remote("config.json", "{}"), remote("model.safetensors", content)};
  {
    Placement placement(target, files);
    CHECK_THROWS_AS(Placement(target, files), Error);  // held by the first
    put(placement.gathering() / "config.json", "{}");
    put(placement.gathering() / "model.safetensors", content);
    put(placement.gathering() / "model.safetensors.part", "of an earlier revision");
    CHECK_FALSE(fs::exists(target));
    placement.finish();
  }
  CHECK(is_placed(target, files));
  CHECK(std::distance(fs::directory_iterator(target), {}) == 3);  // with the record
  CHECK(std::distance(fs::directory_iterator(target.parent_path()), {}) == 1);

  // A later revision: one file changes, one goes, one stays.
  const std::vector<RemoteFile> later{remote("config.json", "{}"), remote("model-00001-of-00001.safetensors", "abc")};
  CHECK_FALSE(is_placed(target, later));
  {
    Placement placement(target, later);
    put(placement.gathering() / "model-00001-of-00001.safetensors", "abc");
    placement.finish();
  }
  CHECK(is_placed(target, later));
  CHECK_FALSE(fs::exists(target / "model.safetensors"));
  CHECK_FALSE(fs::exists(target / ".pmtune-pull"));

  // A GGUF file beside it leaves it alone, and what was gathered of another one too.
  const std::vector<RemoteFile> gguf{remote("sub/tiny.gguf", content)};
  {
    Placement placement(target, gguf);
    put(placement.gathering() / "sub" / "tiny.gguf", content);
    put(placement.gathering() / "other.gguf.part", "01");
    placement.finish();
  }
  CHECK(is_placed(target, later));
  CHECK(is_placed(target, gguf));
  CHECK(fs::exists(target / ".pmtune-pull" / "other.gguf.part"));
  std::vector<Candidate> found;
  find_in_pmtune(folder.path(), found);
  CHECK(references(found) == Names{"acme/tiny", "acme/tiny:sub/tiny.gguf"});
}
