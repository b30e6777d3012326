// Ollama names models by manifests, manifests/HOST/NAMESPACE/NAME/TAG, and keeps their parts as blobs/sha256-DIGEST.
#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "hub/candidate.hpp"
#include "hub/checksum.hpp"
#include "hub/folder_walk.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view model_layer = "application/vnd.ollama.image.model";
constexpr std::string_view algorithm = "sha256:";
constexpr std::size_t digest_digits = 64;

// As `ollama list` writes it: without the host and the namespace that everything has.
std::string name_of(const std::string& host, const std::string& space, const std::string& name,
                    const std::string& tag) {
  std::string whole = name + ":" + tag;
  if (host != "registry.ollama.ai") return host + "/" + space + "/" + whole;
  return space == "library" ? whole : space + "/" + whole;
}

// The blob's file name, made of nothing but the digest.
std::string blob_name(const Json& layer, const fs::path& manifest) {
  const Json digest = layer.value("digest", Json());
  const std::string text = digest.is_string() ? digest.get<std::string>() : "";
  const std::string hex = text.starts_with(algorithm) ? text.substr(algorithm.size()) : "";
  if (!is_hex(hex, digest_digits))
    fail(Code::corrupt, "The manifest ", manifest.string(),
         " names its model by no SHA-256 digest; pull the model again with Ollama.");
  return "sha256-" + hex;
}

fs::path blob_of(const fs::path& manifest, const fs::path& blobs) {
  const Json json = parse_json_or_throw(read_text_file(manifest, limits::largest_manifest), manifest.string());
  const Json layers = json.is_object() ? json.value("layers", Json()) : Json();
  if (layers.is_array())
    for (const Json& layer : layers)
      if (layer.is_object() && layer.value("mediaType", Json()) == Json(model_layer))
        return blobs / blob_name(layer, manifest);
  fail(Code::corrupt, "The manifest ", manifest.string(),
       " names no GGUF model; pull the model again with Ollama, or take another version.");
}

Candidate candidate_of(const fs::path& manifest, const fs::path& blobs, std::string name) {
  Candidate candidate{Place::ollama, std::move(name), "", manifest, 0, ""};
  try {
    candidate.source = blob_of(manifest, blobs);
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(candidate.source, error);
    if (error || !fs::is_regular_file(candidate.source, error))
      fail(Code::not_found, "The file ", candidate.source.string(), " of the model ", candidate.repository,
           " is missing; pull the model again with Ollama.");
    candidate.bytes = static_cast<std::int64_t>(bytes);
  } catch (const std::exception& error) {
    candidate.fault = error.what();
  }
  return candidate;
}

}  // namespace

void find_in_ollama(const fs::path& models, std::vector<Candidate>& found) {
  FolderWalk walk;
  const fs::path manifests = models / "manifests";
  std::error_code error;
  for (const std::string& host : walk.names(manifests))
    for (const std::string& space : walk.names(manifests / host))
      for (const std::string& name : walk.names(manifests / host / space))
        for (const std::string& tag : walk.names(manifests / host / space / name)) {
          const fs::path manifest = manifests / host / space / name / tag;
          if (!fs::is_regular_file(manifest, error) || found.size() >= limits::most_models) continue;
          found.push_back(candidate_of(manifest, models / "blobs", name_of(host, space, name, tag)));
        }
}

}  // namespace pmtune::hub
