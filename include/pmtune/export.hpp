// Marks the symbols that libpmtune.so shows to others; everything else stays hidden.
#pragma once

#if defined(_WIN32)
#define PMTUNE_API
#else
#define PMTUNE_API __attribute__((visibility("default")))
#endif
