// The most of anything that is accepted from a server or looked at in a folder.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pmtune::hub::limits {

// On disk
inline constexpr std::size_t most_folder_entries = 200'000;  // of one program's folder of models
inline constexpr int deepest_folder = 5;                     // below that folder
inline constexpr std::size_t most_models = 10'000;
inline constexpr std::size_t largest_manifest = std::size_t{1} << 20;  // Ollama's
inline constexpr std::size_t largest_small_text = 4096;                // a commit, a token, a pointer to a folder

// From a server
inline constexpr std::size_t largest_listing = std::size_t{32} << 20;  // some repositories have 10^5 files
inline constexpr std::size_t most_listed_files = 100'000;
inline constexpr std::int64_t largest_file = std::int64_t{1} << 42;        // 4 TiB
inline constexpr std::int64_t largest_plain_file = std::int64_t{1} << 30;  // of those with a git checksum only
inline constexpr std::size_t longest_file_name = 512;                      // with its folders
inline constexpr std::size_t longest_name_part = 160;  // leaves room for what is added while it is fetched
inline constexpr std::size_t longest_url = 8000;
inline constexpr std::size_t longest_etag = 256;
inline constexpr int most_redirects = 10;

// Kept free on the disk beside what is fetched.
inline constexpr std::int64_t spare_disk = std::int64_t{64} << 20;

// So much new data since the last failure shows that the connection is worth further attempts.
inline constexpr std::int64_t good_progress = std::int64_t{16} << 20;
inline constexpr std::chrono::milliseconds first_pause{500};
inline constexpr std::chrono::milliseconds longest_pause{8'000};
inline constexpr std::chrono::seconds longest_asked_pause{60};  // that a server may ask for

}  // namespace pmtune::hub::limits
