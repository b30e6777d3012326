// The tables of a registry, and how an older registry gets those it lacks.
#pragma once

#include <filesystem>
#include <string>

#include "registry/database.hpp"

namespace pmtune::registry {

inline constexpr std::int64_t schema_version = 2;

// Creates the tables in an empty database and adds to an older one what came since; a kill leaves the old ones.
// Throws corrupt (another program's database, or damaged) and unsupported (written by a newer pmtune).
void prepare_schema(Database& database, const std::filesystem::path& folder);

// One entry of the log: what was done to which version (subject) of which name. Inside a transaction.
void write_log(Database& database, const std::string& action, const std::string& name, const std::string& subject,
               const std::string& text);

}  // namespace pmtune::registry
