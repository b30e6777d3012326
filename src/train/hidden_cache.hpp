// What the layers that do not learn make of each example: the same in every epoch, so computed once and kept in a
// file for the length of the run. Not thread-safe.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace pmtune::train {

class HiddenCache {
 public:
  // tokens: of each example, whose place in this list is its slot. The file has no name and goes with the process.
  // When the disk has no room, nothing is ever kept: that costs time, not the run.
  HiddenCache(const std::vector<std::int64_t>& tokens, std::int64_t hidden);
  ~HiddenCache();
  HiddenCache(const HiddenCache&) = delete;
  HiddenCache& operator=(const HiddenCache&) = delete;

  bool has(std::int64_t slot) const { return filled_[static_cast<std::size_t>(slot)]; }
  // rows f32 [tokens of the slot, hidden], on any device.
  void store(std::int64_t slot, const at::Tensor& rows);
  // The same rows into these parts, one after the other.
  void load(std::int64_t slot, const std::vector<at::Tensor>& parts) const;

 private:
  void give_up(const char* what);
  std::int64_t offset(std::int64_t slot) const;  // in bytes

  std::vector<std::int64_t> first_row_;  // of each slot, and the end
  std::vector<bool> filled_;
  std::int64_t hidden_;
  int file_ = -1;
};

}  // namespace pmtune::train
