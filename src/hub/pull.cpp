// pull, as hub.hpp offers it.
#include <filesystem>
#include <pmtune/hub.hpp>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "files/wording.hpp"
#include "hub/choose.hpp"
#include "hub/download.hpp"
#include "hub/limits.hpp"
#include "hub/part_file.hpp"
#include "hub/placement.hpp"
#include "hub/places.hpp"

namespace pmtune {
namespace fs = std::filesystem;
using namespace hub;

namespace {

RepositoryName checked_name(const std::string& text) {
  const auto name = parse_repository_name(text);
  if (!name)
    fail(Code::invalid_argument, "The name ", files::in_quotes(text),
         " is not that of a model on a server; it must look like OWNER/NAME or OWNER/NAME:file.gguf, for example "
         "HuggingFaceTB/SmolLM2-135M-Instruct.");
  return *name;
}

void check_disk(const fs::path& folder, std::int64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  const std::int64_t needed = bytes + limits::spare_disk;
  if (!error && space.available < static_cast<std::uintmax_t>(needed))
    fail(Code::io, "The disk of ", folder.string(), " has ",
         to_string(ByteSize(static_cast<std::int64_t>(space.available))), " left, and the download needs ",
         to_string(ByteSize(needed)), "; free some disk space or choose another folder.");
}

class Pull {
 public:
  Pull(const std::string& name, const PullOptions& options, const PullCallback& callback)
      : name_(checked_name(name)),
        session_(options),
        meter_(name, callback),
        download_{session_, meter_, "The model " + name_.repository(), session_.url("/" + name_.repository()),
                  options.retries},
        revision_(options.revision),
        target_(options.to.empty() ? pulled_folder() / name_.owner / name_.name : fs::path(options.to)) {}

  std::string run() {
    const std::vector<RemoteFile> files = choose_files(fetch_listing(), name_);
    if (!is_placed(target_, files)) fetch(files);
    return (is_one_gguf(files) ? target_ / files.front().name : target_).string();
  }

 private:
  Listing fetch_listing() {
    meter_.note("asking what the model consists of");
    const Url url = session_.url("/api/models/" + name_.repository() + "/revision/" +
                                 percent_encoded(revision_, false) + "?blobs=true");
    const Listing listing = parse_listing(fetch_text(download_, url, limits::largest_listing), name_.repository());
    // From here on one commit, even when the branch moves on meanwhile.
    if (!listing.commit.empty()) revision_ = listing.commit;
    return listing;
  }

  void fetch(const std::vector<RemoteFile>& files) {
    Placement placement(target_, files);
    std::int64_t total = 0;
    for (const RemoteFile& file : files) total += file.size;
    meter_.set_total(static_cast<std::int64_t>(files.size()), total);
    check_disk(placement.gathering(), total - gathered(placement.gathering(), files));
    for (const RemoteFile& file : files) {
      meter_.begin_file(file.name, file.size);
      // A file that the target has already, from an attempt that was killed or from the person, stays there.
      if (!is_there(target_ / file.name, file, [&](std::int64_t bytes) { meter_.found(bytes); })) {
        fs::create_directories((placement.gathering() / file.name).parent_path());
        fetch_file(download_, address_of(file), file, placement.gathering());
      }
      meter_.end_file();
    }
    placement.finish();
  }

  // What earlier attempts have left of these files.
  std::int64_t gathered(const fs::path& folder, const std::vector<RemoteFile>& files) const {
    std::int64_t bytes = 0;
    for (const RemoteFile& file : files)
      for (const fs::path& path : {folder / file.name, folder / (file.name + ".part"), target_ / file.name}) {
        std::error_code error;
        const std::uintmax_t size = fs::file_size(path, error);
        if (error || size > static_cast<std::uintmax_t>(file.size)) continue;
        bytes += static_cast<std::int64_t>(size);
        break;
      }
    return bytes;
  }

  Url address_of(const RemoteFile& file) const {
    return session_.url("/" + name_.repository() + "/resolve/" + percent_encoded(revision_, false) + "/" +
                        percent_encoded(file.name, true));
  }

  RepositoryName name_;
  Session session_;
  Meter meter_;
  Download download_;
  std::string revision_;
  fs::path target_;
};

}  // namespace

std::string pull(const std::string& name, const PullOptions& options, const PullCallback& callback) {
  validate_options(options);
  if (options.revision.empty()) fail(Code::invalid_argument, "Option revision is empty; the usual one is main.");
  try {
    return Pull(name, options, callback).run();
  } catch (const fs::filesystem_error& error) {
    fail(Code::io, "The model could not be stored: ", error.what(), "; choose another folder.");
  }
}

}  // namespace pmtune
