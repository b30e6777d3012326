// What the library has to tell beside its results. Silent until the host sets a callback (pmtune/device.hpp).
#pragma once

#include <pmtune/device.hpp>
#include <string_view>

namespace pmtune {

void log(LogLevel level, std::string_view message);

}  // namespace pmtune
