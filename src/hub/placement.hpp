// Where a model is put: gathered in a hidden folder, and visible only when it is whole.
//
// A new folder is made by one rename, a single file put into a folder by another. In a folder that is there already
// the files of a set are exchanged one by one, without config.json, so that what is half exchanged is no model.
// `.pmtune-pull.json` in the folder says what was put there.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "hub/listing.hpp"

namespace pmtune::hub {

class Placement {
 public:
  // Makes the hidden folder and keeps other processes out of it. Throws busy, io.
  Placement(const std::filesystem::path& target, const std::vector<RemoteFile>& files);
  ~Placement();
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  // Where the files are gathered.
  const std::filesystem::path& gathering() const { return gathering_; }

  // Makes the gathered files visible in the target; those that are not gathered are there already.
  void finish();

 private:
  bool lock();
  void clear_superfluous() const;
  // record: what is ours in the target
  void exchange(const std::map<std::string, std::string>& record) const;

  std::vector<RemoteFile> files_;
  bool one_gguf_;  // which stands for itself: others in the folder, and what is gathered of them, are left alone
  std::filesystem::path target_;
  std::filesystem::path gathering_;
  bool inside_;  // the gathering folder lies in the target, which is there already
  int lock_ = -1;
};

bool is_one_gguf(const std::vector<RemoteFile>& files);

// Whether the target has these files, as its record and their sizes tell.
bool is_placed(const std::filesystem::path& target, const std::vector<RemoteFile>& files);

}  // namespace pmtune::hub
