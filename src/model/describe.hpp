// What the two readers of architectures (architecture_config.cpp, architecture_gguf.cpp) share.
#pragma once

#include <functional>
#include <string>

#include "model/architecture.hpp"
#include "model/families.hpp"

namespace pmtune::model {

// Everything that follows from the family alone, once the sizes are known.
void take_from_family(const Family& family, Architecture& architecture);

// Fills looks and ropes. window: tokens, 0 for none; local: whether a layer has it; global_rope and local_rope: of
// layers without and with a window.
void lay_out_looks(const Family& family, std::int64_t window, const std::function<bool(std::int64_t layer)>& local,
                   const std::function<bool(std::int64_t layer)>& rotated, const RopeScaling& global_rope,
                   const RopeScaling& local_rope, Architecture& architecture);

// By a family's own rules (full_every, unrotated_every): whether the layer is the last of so many. every: 0 for
// never.
bool is_nth(std::int64_t layer, std::int64_t every);

// Throw corrupt: before a division by the number, and at the end.
void check_range(const std::string& what, const char* name, std::int64_t value, std::int64_t most);
void check_heads(const std::string& what, std::int64_t heads);
void check(const Architecture& architecture, const std::string& what);

// Throws unsupported.
[[noreturn]] void refuse(const std::string& what, const std::string& feature);
[[noreturn]] void refuse_family(const std::string& what, const std::string& family);

}  // namespace pmtune::model
