// Writes values with statements that are prepared once, which Poco's are not: those are parsed whenever they run.
// [store]
#pragma once

#include <memory>
#include <string>

#include "host/store/types.hpp"

struct sqlite3_stmt;

namespace hookswitch::store {

class Database;

class Writer {
 public:
  explicit Writer(Database& database);
  Writer(const Writer&) = delete;

  /// Inside a transaction. Throws StoreError; forget() then before anything else.
  void apply(const Write& write);
  /// The statements are prepared anew when next needed.
  void forget();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Prepared {
    std::string sql;
    std::unique_ptr<sqlite3_stmt, Finalize> statement{};
  };
  /// `bind` puts what the statement's parameters are.
  template <class BindAll>
  void run(Prepared& prepared, BindAll bind);
  template <class Table, class Row>
  void write(Prepared& prepared, const Table& table, const Row& row);
  void apply(const SaveCall& save);
  void apply(const SaveLine& save);
  void apply(const SaveHook& save);
  void apply(const SaveKey& save);
  void apply(const DropKey& drop);
  void apply(const SaveLeg& save);

  Database& database_;
  Prepared save_call_, save_texts_, save_line_, drop_line_, save_hook_, save_key_, drop_key_, save_leg_;
};

}  // namespace hookswitch::store
