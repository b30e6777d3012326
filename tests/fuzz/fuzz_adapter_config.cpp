#include <algorithm>

#include "files/adapter_config.hpp"
#include "target.hpp"

using namespace pmtune;
using files::AdapterConfig;

namespace {

bool same(const AdapterConfig& a, const AdapterConfig& b) {
  return a.rank == b.rank && a.alpha == b.alpha && a.dropout == b.dropout && a.rslora == b.rslora &&
         a.layers == b.layers && a.base_model == b.base_model;
}

// What was read is in its ranges, and is written and read again as the same.
void check_config(const AdapterConfig& config) {
  fuzz::require(config.rank >= 1 && config.rank <= 4096, "the rank is in its range");
  fuzz::require(config.alpha > 0 && config.alpha <= 1e6, "alpha is in its range");
  fuzz::require(config.dropout >= 0 && config.dropout < 1, "the dropout is in its range");
  fuzz::require(!config.target_modules.empty(), "there are target modules");
  fuzz::require(std::is_sorted(config.layers.begin(), config.layers.end()), "layers rise");
  const auto again = fuzz::folder() / "again";
  std::filesystem::create_directories(again);
  files::write_adapter_config(again, config);
  AdapterConfig read = files::read_adapter_config(again);
  std::vector<std::string> modules = config.target_modules;  // in any order, and each counts once
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  fuzz::require(same(read, config) && read.target_modules == modules, "settings come back as they were");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::write("adapter_config.json", fuzz::as_text(data, size));
  AdapterConfig config;
  if (fuzz::accepted([&] { config = files::read_adapter_config(fuzz::folder()); })) check_config(config);
  return 0;
}
