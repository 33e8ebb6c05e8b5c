// Writes values with statements that are prepared once. [store]
#pragma once

#include <Poco/Data/Statement.h>

#include <optional>
#include <string>

#include "host/store/rows.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

class Database;

class Writer {
 public:
  explicit Writer(Database& database);
  Writer(const Writer&) = delete;

  /// Inside a transaction. Throws StoreError; forget() then before anything else.
  void apply(const Write& write);
  /// The statements are prepared anew when next needed: one that has failed cannot run again.
  void forget();

 private:
  struct Prepared {
    std::string sql;
    std::optional<Poco::Data::Statement> statement{};
  };
  /// `rows` are members: a prepared statement looks at them whenever it runs.
  template <class... Rows>
  void run(Prepared& prepared, Rows&... rows);
  void apply(const SaveCall& save);
  void apply(const SaveLine& save);
  void apply(const SaveHook& save);
  void apply(const SaveKey& save);
  void apply(const DropKey& drop);
  void apply(const SaveLeg& save);

  Database& database_;
  Bound<calls> call_;
  Bound<texts> texts_;
  Bound<lines> line_;
  Bound<hooks> hook_;
  Bound<keys> key_;
  Bound<legs> leg_;
  std::string dropped_;  ///< a key, or the call of a line
  Poco::Int64 dropped_line_ = 0;
  Prepared save_call_, save_texts_, save_line_, drop_line_, save_hook_, save_key_, drop_key_, save_leg_;
};

}  // namespace hookswitch::store
