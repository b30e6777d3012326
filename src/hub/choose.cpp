#include "hub/choose.hpp"

#include <algorithm>
#include <array>
#include <pmtune/fields.hpp>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "files/wording.hpp"
#include "hub/gguf_name.hpp"

namespace pmtune::hub {
namespace {

// What of a Hugging Face folder is needed beside its weights, where there is such a file.
constexpr std::array companions = {"config.json",
                                   "generation_config.json",
                                   "tokenizer.json",
                                   "tokenizer_config.json",
                                   "special_tokens_map.json",
                                   "added_tokens.json",
                                   "vocab.json",
                                   "merges.txt",
                                   "tokenizer.model",
                                   "chat_template.jinja",
                                   "chat_template.json"};
constexpr const char* single_weights = "model.safetensors";
constexpr const char* weights_index = "model.safetensors.index.json";
// The quantisation that loses little and fits an 8 GB machine.
constexpr const char* recommended = "Q4_K_M";
constexpr std::size_t most_shown = 40;

const RemoteFile* find(const Listing& listing, const std::string& name) {
  const auto found = std::find_if(listing.files.begin(), listing.files.end(),
                                  [&](const RemoteFile& file) { return file.name == name; });
  return found == listing.files.end() ? nullptr : &*found;
}

std::vector<RemoteFile> gguf_files(const Listing& listing) {
  std::vector<RemoteFile> files;
  for (const RemoteFile& file : listing.files)
    if (is_gguf(file.name) && !is_projector(file.name)) files.push_back(file);
  return files;
}

std::string list_of(const std::vector<RemoteFile>& files) {
  std::string list;
  for (std::size_t i = 0; i < files.size() && i < most_shown; ++i)
    list += concat(i == 0 ? "" : ", ", files[i].name, " (", to_string(ByteSize(files[i].size)), ")");
  return files.size() > most_shown ? concat(list, " and ", files.size() - most_shown, " others") : list;
}

[[noreturn]] void fail_to_choose(const std::vector<RemoteFile>& files, const RepositoryName& name) {
  const RemoteFile* advised = &files.front();
  for (const RemoteFile& file : files) {
    if (split_name(file.name)) continue;
    if (split_name(advised->name) || is_quantised_as(file.name, recommended)) advised = &file;
  }
  fail(Code::invalid_argument, name.repository(), " has ", files.size(), " GGUF files: ", list_of(files),
       "; choose one, for example ", name.repository(), ":", advised->name, ".");
}

std::vector<RemoteFile> one_gguf(const RemoteFile& file, const RepositoryName& name) {
  if (const auto split = split_name(file.name))
    fail(Code::unsupported, file.name, " of ", name.repository(), " is one of ", split->parts,
         " parts of a model, which pmtune cannot load yet; take a file that is not split.");
  return {file};
}

std::vector<RemoteFile> named_gguf(const Listing& listing, const RepositoryName& name) {
  const std::vector<RemoteFile> all = gguf_files(listing);
  std::vector<RemoteFile> named;
  for (const RemoteFile& file : all)
    if (ascii_lower(file.name) == ascii_lower(name.file)) return one_gguf(file, name);
  for (const RemoteFile& file : all)
    if (is_quantised_as(file.name, name.file)) named.push_back(file);
  if (named.size() == 1) return one_gguf(named.front(), name);
  if (named.size() > 1) fail_to_choose(named, name);
  std::vector<std::string> names;
  for (const RemoteFile& file : all) names.push_back(file.name);
  if (all.empty())
    fail(Code::not_found, name.repository(), " has no GGUF file, so none called ", files::in_quotes(name.file),
         "; pull ", name.repository(), " without a file's name.");
  fail(Code::not_found, name.repository(), " has no GGUF file ", files::in_quotes(name.file), "; it has ",
       list_of(all), ".", did_you_mean(name.file, names));
}

// The shards that the index will name: "model-00001-of-00002.safetensors".
bool is_shard(const std::string& file) {
  return file.starts_with("model-") && file.ends_with(".safetensors") && file.find('/') == std::string::npos;
}

std::vector<RemoteFile> safetensors_model(const Listing& listing, const RepositoryName& name) {
  std::vector<RemoteFile> files;
  if (const RemoteFile* index = find(listing, weights_index)) {
    files.push_back(*index);
    for (const RemoteFile& file : listing.files)
      if (is_shard(file.name)) files.push_back(file);
  } else if (const RemoteFile* weights = find(listing, single_weights)) {
    files.push_back(*weights);
  }
  if (files.empty()) return files;
  if (!find(listing, "config.json"))
    fail(Code::unsupported, name.repository(),
         " has weights but no config.json, which says what they mean; it may be an adapter: pull its base model.");
  std::vector<RemoteFile> all;
  for (const char* companion : companions)
    if (const RemoteFile* file = find(listing, companion)) all.push_back(*file);
  all.insert(all.end(), files.begin(), files.end());
  return all;
}

std::vector<RemoteFile> chosen(const Listing& listing, const RepositoryName& name) {
  if (!name.file.empty()) return named_gguf(listing, name);
  if (std::vector<RemoteFile> files = safetensors_model(listing, name); !files.empty()) return files;
  const std::vector<RemoteFile> gguf = gguf_files(listing);
  if (gguf.size() == 1) return one_gguf(gguf.front(), name);
  if (!gguf.empty()) fail_to_choose(gguf, name);
  for (const RemoteFile& file : listing.files)
    for (const char* pickled : {".bin", ".pt", ".pth", ".ckpt"})
      if (file.name.ends_with(pickled))
        fail(Code::unsupported, name.repository(), " has pickled weights only (", file.name,
             "), which can run code when they are opened, so pmtune does not; look for the model with safetensors "
             "or as GGUF.");
  fail(Code::not_found, name.repository(), " holds no model: neither ", single_weights, " nor a GGUF file.");
}

}  // namespace

std::vector<RemoteFile> choose_files(const Listing& listing, const RepositoryName& name) {
  std::vector<RemoteFile> files = chosen(listing, name);
  for (const RemoteFile& file : files)
    if (file.checksum.hex.empty())
      fail(Code::corrupt, "The server gives no checksum for ", file.name, " of ", name.repository(),
           ", so a damaged download could not be told from a good one; take another server.");
  return files;
}

}  // namespace pmtune::hub
