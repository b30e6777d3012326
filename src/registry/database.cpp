#include "registry/database.hpp"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "base/fail.hpp"

namespace pmtune::registry {
namespace {

constexpr std::chrono::milliseconds patience{10000};

}  // namespace

Database::Database(const std::filesystem::path& path) : path_(path.string()) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  try {
    if (sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail_now();
    sqlite3_busy_timeout(handle_, static_cast<int>(patience.count()));
    use_write_ahead_log();
    run("PRAGMA synchronous=FULL");
    run("PRAGMA foreign_keys=ON");
    run("PRAGMA trusted_schema=OFF");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::fail_now() const {
  if (!handle_) fail(Code::out_of_memory, "There is not enough memory to open the registry ", path_, ".");
  const std::string reason = sqlite3_errmsg(handle_);
  switch (sqlite3_errcode(handle_) & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      fail(Code::corrupt, "The registry ", path_, " is damaged (", reason, "); restore it from a backup.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail(Code::busy, "The registry ", path_, " is in use by another program (", reason,
           "); try again in a moment.");
    case SQLITE_NOMEM: fail(Code::out_of_memory, "There is not enough memory to work with the registry ", path_, ".");
    case SQLITE_FULL:
      fail(Code::io, "The registry ", path_, " cannot be written because the disk is full; free some space.");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_IOERR:
      fail(Code::io, "The registry ", path_, " cannot be read or written (", reason,
           "); check that the folder exists, is yours to write to and is not on a broken disk.");
    default: break;
  }
  fail(Code::internal, "The registry ", path_, " answered: ", reason, ".");
}

void Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail_now();
}

// SQLite waits for a lock by itself, except where it turns a file into one with a write-ahead log: two processes that
// create the registry at once each hold a lock that the other needs, and one is told so at once.
void Database::use_write_ahead_log() {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (sqlite3_exec(handle_, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr) != SQLITE_OK) {
    if ((sqlite3_errcode(handle_) & 0xFF) != SQLITE_BUSY || std::chrono::steady_clock::now() > end) fail_now();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

std::int64_t Database::number(const char* pragma) {
  Statement statement(*this, pragma);
  return statement.step() ? statement.whole(0) : 0;
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()), &handle_, nullptr) != SQLITE_OK)
    database.fail_now();
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(std::int64_t value) {
  if (sqlite3_bind_int64(handle_, ++bound_, value) != SQLITE_OK) database_.fail_now();
  return *this;
}

Statement& Statement::bind(double value) {
  if (sqlite3_bind_double(handle_, ++bound_, value) != SQLITE_OK) database_.fail_now();
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  if (sqlite3_bind_text64(handle_, ++bound_, value.data() ? value.data() : "", value.size(), SQLITE_TRANSIENT,
                          SQLITE_UTF8) != SQLITE_OK)
    database_.fail_now();
  return *this;
}

bool Statement::step() {
  const int state = sqlite3_step(handle_);
  if (state == SQLITE_ROW) return true;
  if (state != SQLITE_DONE) database_.fail_now();
  return false;
}

void Statement::finish() {
  while (step()) {
  }
}

std::int64_t Statement::whole(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(handle_, column);
  if (!bytes) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (...) {  // SQLite rolls back by itself on the errors that make this fail
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace pmtune::registry
