#include "files/tensor_bytes.hpp"

#include "base/checked.hpp"

namespace pmtune::files {

std::optional<std::uint64_t> tensor_bytes(DType dtype, const std::vector<std::int64_t>& shape) {
  const DTypeInfo& format = info(dtype);
  try {
    Checked numbers = 1;
    bool empty = false;
    for (const std::int64_t size : shape) {
      empty = empty || size == 0;
      numbers *= Checked(size == 0 ? 1 : size);
    }
    const Checked blocks = (numbers + Checked(format.block - 1)) / format.block;
    const Checked bytes = blocks * format.block_bytes;
    static_cast<void>(numbers.as<std::int64_t>());
    static_cast<void>(bytes.as<std::int64_t>());
    return empty ? 0 : bytes.value();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace pmtune::files
