# Everything comes from the system or from the installed torch; scripts/setup brings what is missing.
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(HTTPLIB IMPORTED_TARGET cpp-httplib>=0.11)
if(NOT HTTPLIB_FOUND OR NOT HTTPLIB_CFLAGS MATCHES "CPPHTTPLIB_OPENSSL_SUPPORT")
  message(FATAL_ERROR "cpp-httplib 0.11 or newer, built with OpenSSL, was not found by pkg-config; pulling models needs it. "
    "Install it: apt-get install libcpp-httplib-dev (scripts/setup does that).")
endif()

if(PMTUNE_ENGINE)
  find_package(SQLite3 3.35 REQUIRED)
  # libtorch as it lies in the torch package: pass -DCMAKE_PREFIX_PATH="$(python -c 'import torch; print(torch.utils.cmake_prefix_path)')".
  find_package(Torch REQUIRED)
  if(Torch_VERSION VERSION_LESS 2.11 OR Torch_VERSION VERSION_GREATER_EQUAL 2.14)
    message(WARNING "pmtune is tested with torch 2.11 to 2.13; this is ${Torch_VERSION}.")
  endif()
  include(cmake/probe_torch.cmake)
  include(cmake/torch_openmp.cmake)
endif()
