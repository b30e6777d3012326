// Finding the models that are on this machine already, and fetching others.
//
// clang-format off
//   for (const LocalModel& model : local_models()) std::cout << model << '\n';   // "llama3.2:3b (Ollama) 2.0 GB Q4_K"
//   Model mine = Model::load("llama3.2:3b");                                     // their names are sources, too
//   std::string path = pull("HuggingFaceTB/SmolLM2-135M-Instruct", {}, [](const PullProgress& p) {
//     std::cerr << '\r' << p << std::flush;
//     return Control::resume;
//   });
//   Model fetched = Model::load(path);
// clang-format on
//
// local_models reads; pull is the only function of pmtune that uses a network. Both may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct LocalModel {
  std::string name;             // for a person: "llama3.2:3b (Ollama)"
  std::string reference;        // what Model::load and --model take for it: "llama3.2:3b", "OWNER/NAME:file.gguf"
  std::string source;           // the same as a path: a GGUF file or a Hugging Face folder
  std::string place;            // pmtune|huggingface|lm-studio|ollama: whose folder it lies in
  std::int64_t bytes = 0;       // of its weights on disk
  std::string architecture;     // "llama", ...; empty when the file could not be read
  std::int64_t parameters = 0;  // 0 when the file could not be read
  std::string quantization;     // how most numbers are stored: "Q4_K", "BF16"; empty when the file could not be read
  std::int64_t context_length = 0;  // tokens; 0 when unknown
  bool trains = false;              // as far as the heads of its files tell; weights are not read
  std::string reason;               // a sentence that says why it does not train; empty when it does
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const LocalModel& model);

// What lies in the caches of pmtune ($PMTUNE_CACHE), Hugging Face ($HF_HUB_CACHE, $HF_HOME), LM Studio and Ollama
// ($OLLAMA_MODELS), or where these programs put them without such variables. Only the heads of files are read. A
// broken file is an entry with its reason, never an error.
PMTUNE_API std::vector<LocalModel> local_models();

struct PullOptions {
  std::string to;
  std::string endpoint;
  std::string revision = "main";
  std::string token;
  std::int64_t retries = 5;
  std::int64_t timeout = 30;
};
template <class Visit>
void fields(PullOptions& options, Visit&& visit) {
  visit(Field("to", "folder that gets the model; empty takes pmtune's own cache"), options.to);
  visit(Field("endpoint", "address of the server; empty takes $HF_ENDPOINT, else https://huggingface.co"),
        options.endpoint);
  visit(Field("revision", "branch, tag or commit of the model's repository"), options.revision);
  visit(Field("token",
              "access token for private and gated models; empty takes $HF_TOKEN, else the one that a login "
              "left in Hugging Face's folder"),
        options.token);
  visit(Field("retries", "how often a dropped connection or a busy server is tried again").range(0, 100),
        options.retries);
  visit(Field("timeout", "how long the server may be silent before the connection counts as dropped")
            .range(1, 3600)
            .in("seconds"),
        options.timeout);
}

struct PullProgress {
  std::string file;             // the one being fetched
  std::int64_t file_bytes = 0;  // of it that are here, those of an earlier attempt included
  std::int64_t file_total = 0;
  std::int64_t bytes = 0;  // of all files
  std::int64_t total = 0;
  std::int64_t files_done = 0;
  std::int64_t files = 0;
  double bytes_per_second = 0;  // lately; 0 until something has arrived
  double seconds = 0;           // since the start
  double seconds_left = 0;      // NaN while unknown
  std::string note;  // what is going on instead of loading: "the connection dropped; trying again in 2 s"; else empty
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const PullProgress& progress);

// About ten times a second, on the calling thread. Control::stop ends the download with Code::cancelled; what has
// arrived is kept for the next attempt.
using PullCallback = std::function<Control(const PullProgress&)>;

// Fetches a model from a server that speaks as huggingface.co does, and returns what Model::load takes: the path of a
// GGUF file, or of a folder. name: "OWNER/NAME" takes the safetensors model of the repository with its tokenizer, or
// its GGUF file when it has only one; "OWNER/NAME:file.gguf" takes that file, and "OWNER/NAME:Q4_K_M" the one that is
// quantised so. Weights that are pickled (.bin, .pt) are never taken.
//
// What arrives is compared with the size and the checksum that the server lists, and becomes visible only as a whole:
// stopped, killed or cut off at any instant it leaves no half model, and the next call goes on where it was. A model
// that is there already is not fetched again. Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy.
//
// Throws not_found (no such model, file or revision, or a private one), invalid_argument (a choice is needed: the
// sentence names the files), unsupported (pickled weights, split GGUF), corrupt (the server's answer or the bytes are
// not what they should be), io (network, refused access, full disk), busy (another process is fetching it),
// cancelled.
PMTUNE_API std::string pull(const std::string& name, const PullOptions& options = {},
                            const PullCallback& callback = {});

}  // namespace pmtune
