#!/bin/sh
# The header by itself compiles as C99, C11 and C++17 without a word, with and without PMT_STRICT.
#   header_check.sh HEADER [CC [CXX]]
set -eu
header=$1
cc=${2:-cc}
cxx=${3:-c++}
for strict in "" -DPMT_STRICT; do
  for standard in c99 c11; do
    "$cc" -x c -std=$standard -Werror -Wall -Wextra -Wpedantic $strict -fsyntax-only "$header"
  done
  "$cxx" -x c++ -std=c++17 -Werror -Wall -Wextra -Wpedantic $strict -fsyntax-only "$header"
done
