// Unsigned 64-bit arithmetic that cannot wrap. Every number that comes out of a file is put into a Checked before
// it is added to or multiplied with anything: five fixes in a row of one well-known parser each guarded one operator
// and forgot the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/fail.hpp"

namespace pmtune {

class Checked {
 public:
  constexpr Checked() = default;

  template <class Int, class = std::enable_if_t<std::is_integral_v<Int>>>
  constexpr Checked(Int value) : value_(static_cast<std::uint64_t>(value)) {
    if constexpr (std::is_signed_v<Int>) {
      if (value < 0) overflow();
    }
  }

  constexpr std::uint64_t value() const { return value_; }

  // The value as a narrower integer; throws corrupt when it does not fit.
  template <class Int>
  constexpr Int as() const {
    if (value_ > static_cast<std::uint64_t>(std::numeric_limits<Int>::max())) overflow();
    return static_cast<Int>(value_);
  }

  friend constexpr Checked operator+(Checked a, Checked b) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a.value_, b.value_, &sum)) overflow();
    return Checked(sum);
  }
  friend constexpr Checked operator-(Checked a, Checked b) {
    if (b.value_ > a.value_) overflow();
    return Checked(a.value_ - b.value_);
  }
  friend constexpr Checked operator*(Checked a, Checked b) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a.value_, b.value_, &product)) overflow();
    return Checked(product);
  }
  friend constexpr Checked operator/(Checked a, Checked b) {
    if (b.value_ == 0) overflow();
    return Checked(a.value_ / b.value_);
  }
  friend constexpr Checked operator%(Checked a, Checked b) {
    if (b.value_ == 0) overflow();
    return Checked(a.value_ % b.value_);
  }
  Checked& operator+=(Checked other) { return *this = *this + other; }
  Checked& operator*=(Checked other) { return *this = *this * other; }

  friend constexpr bool operator==(Checked a, Checked b) { return a.value_ == b.value_; }
  friend constexpr auto operator<=>(Checked a, Checked b) { return a.value_ <=> b.value_; }

  // The next multiple of `alignment` (at least 1).
  constexpr Checked aligned_to(Checked alignment) const {
    const Checked rest = *this % alignment;
    return rest.value_ == 0 ? *this : *this + (alignment - rest);
  }

 private:
  [[noreturn]] static void overflow() {
    fail(Code::corrupt, "A size in the file is impossibly large; the file is damaged, fetch it again.");
  }
  std::uint64_t value_ = 0;
};

}  // namespace pmtune
