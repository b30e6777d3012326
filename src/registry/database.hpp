// A thin cover over SQLite: connections, prepared statements and transactions that clean up after themselves and
// speak in Errors. Nothing here knows what is stored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace pmtune::registry {

class Database {
 public:
  // Opens the file, creating it when missing. Every commit is on disk when it returns (WAL, synchronous=FULL); a
  // writer waits for others up to ten seconds. Throws io, corrupt (not a database, or damaged), busy.
  explicit Database(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql);  // statements without parameters or results
  std::int64_t last_row() const;
  std::int64_t number(const char* pragma);  // of a query with one whole number

 private:
  friend class Statement;
  [[noreturn]] void fail_now() const;
  void use_write_ahead_log();
  sqlite3* handle_ = nullptr;
  std::string path_;
};

// Parameters are bound in order; a statement is stepped once for each row.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);

  bool step();    // true while there is a row
  void finish();  // for statements without rows

  std::int64_t whole(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

// Takes the write lock at once, so that what is read inside stays true until commit. Rolls back when destroyed
// without one.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace pmtune::registry
